package mysqlfront

import (
	"bufio"
	"io"
)

// rewriter reads what a client sends in its session, with other statements. One that does not fit in one packet stays as it
// is.
type rewriter struct {
	in      *bufio.Reader
	rewrite func(sql string) string

	out  []byte // to be read next
	rest int    // bytes after it that stay as they are
}

// Read implements [io.Reader].
func (r *rewriter) Read(p []byte) (n int, err error) {
	if len(r.out) == 0 && r.rest == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	if len(r.out) > 0 {
		n = copy(p, r.out)
		r.out = r.out[n:]
		return n, nil
	}
	n, err = r.in.Read(p[:min(len(p), r.rest)])
	r.rest -= n
	return n, err
}

// next takes the next packet. The first one of a command has the number 0.
func (r *rewriter) next() error {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r.in, head); err != nil {
		return err
	}
	length := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	r.out, r.rest = head, length
	if head[3] != 0 || length == 0 || length == packetMax {
		return nil
	}
	if command, err := r.in.Peek(1); err != nil || command[0] != comQuery && command[0] != comStmtPrepare {
		return err
	}
	message := make([]byte, length)
	if _, err := io.ReadFull(r.in, message); err != nil {
		return err
	}
	if other := append(message[:1:1], r.rewrite(string(message[1:]))...); len(other) < packetMax {
		message = other
	}
	n := len(message)
	r.out, r.rest = append([]byte{byte(n), byte(n >> 8), byte(n >> 16), 0}, message...), 0
	return nil
}
