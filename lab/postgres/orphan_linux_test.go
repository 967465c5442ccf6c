package postgres

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

const envOrphan = "PASSWORDLESS_LAB_TEST_ORPHAN"

// TestOrphan: a server ends with the process that started it, even if that is killed, and its files go when the
// next server starts. The test program runs itself as the process to kill.
func TestOrphan(t *testing.T) {
	Require(t)
	if os.Getenv(envOrphan) != "" {
		orphanParent(t)
		return
	}
	cmd := exec.CommandContext(labtest.Limited(t), os.Args[0], "-test.run=^TestOrphan$")
	cmd.Env = append(os.Environ(), envOrphan+"=1")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var address, dir string
	_, err = fmt.Fscanln(bufio.NewReader(out), &address, &dir)
	require.NoError(t, err)
	require.DirExists(t, dir)
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	require.NoError(t, conn.Close())

	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.NoError(t, daemon.Poll(labtest.Limited(t), func(ctx context.Context) (bool, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return true, nil
		}
		return false, conn.Close()
	}))
	startReal(t, azuretest.New(t), nil)
	assert.NoDirExists(t, dir)
}

// orphanParent starts a server, says where, and waits to be killed.
func orphanParent(t *testing.T) {
	p := startReal(t, azuretest.New(t), nil)
	fmt.Println(p.Addr(), p.cluster.Dir())
	<-labtest.Limited(t).Done()
}
