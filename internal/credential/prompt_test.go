package credential

import (
	"bytes"
	"os"
	"os/exec"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const codeMessage = "To sign in, open https://microsoft.com/devicelogin and enter the code ABC123"

// closedWriter is a stderr that no one reads.
type closedWriter struct{}

func (closedWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestTheDeviceCodeIsShown(t *testing.T) {
	var shown bytes.Buffer
	message := azidentity.DeviceCodeMessage{UserCode: "ABC123", Message: codeMessage}
	require.NoError(t, promptTo(&shown)(t.Context(), message))
	assert.Equal(t, codeMessage+"\n", shown.String())
	require.ErrorIs(t, promptTo(closedWriter{})(t.Context(), message), os.ErrClosed)
}

// The prompt's writer is the process's stderr, so this test runs itself again to
// see both outputs.
func TestTheDeviceCodeGoesToStderr(t *testing.T) {
	const marker = "PASSWORDLESS_TEST_CHILD"
	if os.Getenv(marker) != "" {
		prompt := (&Source{}).deviceCodeOptions().UserPrompt
		require.NoError(t, prompt(t.Context(), azidentity.DeviceCodeMessage{Message: codeMessage}))
		return
	}
	program, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), program, "-test.run=^TestTheDeviceCodeGoesToStderr$")
	child.Env = append(os.Environ(), marker+"=1")
	var stdout, stderr bytes.Buffer
	child.Stdout, child.Stderr = &stdout, &stderr
	require.NoError(t, child.Run(), "%s%s", &stdout, &stderr)
	assert.Contains(t, stderr.String(), codeMessage)
	assert.NotContains(t, stdout.String(), "devicelogin")
}
