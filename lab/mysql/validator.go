package mysql

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	questionLimit   = 1 << 20          // bytes of a question
	questionTimeout = 10 * time.Second // for the question to arrive: the server is on this machine
)

// startValidator answers the authentication plugin's questions on a UNIX socket.
func startValidator(path string, check func(user, token string) error) (stop func() error, err error) {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			switch {
			case err == nil:
				serving.Go(func() { answer(conn, check) })
			case errors.Is(err, net.ErrClosed):
				return
			default: // out of file descriptors, for example: it passes
				time.Sleep(5 * time.Millisecond)
			}
		}
	})
	return func() error {
		err := listener.Close()
		serving.Wait()
		return err
	}, nil
}

// answer reads "user\npassword" to its end and answers "1" or "0".
func answer(conn net.Conn, check func(user, token string) error) {
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(questionTimeout)) != nil {
		return
	}
	question, err := io.ReadAll(io.LimitReader(conn, questionLimit))
	if err != nil {
		return // the server has left
	}
	user, password, _ := strings.Cut(string(question), "\n")
	reply := "1"
	if check(user, password) != nil {
		reply = "0"
	}
	_, _ = io.WriteString(conn, reply) // a server that has left refuses by itself
}
