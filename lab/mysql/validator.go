//go:build linux || darwin || freebsd

package mysql

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/azuredb/passwordless/lab/internal/daemon"
)

// validator answers the authentication plugin's questions on a UNIX socket.
type validator struct {
	path     string
	listener net.Listener
	check    func(user, token string) error
	serving  sync.WaitGroup
}

const (
	questionLimit   = 1 << 20          // bytes of a question
	questionTimeout = 10 * time.Second // for the question to arrive: the server is on this machine
)

func startValidator(server *daemon.Daemon, check func(user, token string) error) (*validator, error) {
	path := server.File("validator")
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("lab: the token validator: %w", err)
	}
	v := &validator{path: path, listener: listener, check: check}
	v.serving.Go(v.accept)
	if err := server.Give(path); err != nil {
		return nil, errors.Join(fmt.Errorf("lab: the token validator: %w", err), v.stop())
	}
	return v, nil
}

func (v *validator) accept() {
	for {
		conn, err := v.listener.Accept()
		switch {
		case err == nil:
			v.serving.Go(func() { v.answer(conn) })
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of file descriptors, for example: it passes
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// answer reads "user\npassword" to its end and answers "1" or "0".
func (v *validator) answer(conn net.Conn) {
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(questionTimeout)) != nil {
		return
	}
	question, err := io.ReadAll(io.LimitReader(conn, questionLimit))
	if err != nil {
		return // the server has left
	}
	user, password, _ := strings.Cut(string(question), "\n")
	answer := "1"
	if v.check(user, password) != nil {
		answer = "0"
	}
	_, _ = io.WriteString(conn, answer) // a server that has left refuses by itself
}

func (v *validator) stop() error {
	err := v.listener.Close()
	v.serving.Wait()
	return err
}
