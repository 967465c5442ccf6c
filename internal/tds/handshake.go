package tds

import (
	"errors"
	"fmt"
	"net"
)

// Tunnel carries a TLS handshake inside PRELOGIN messages, as TDS 7.x does
// (MS-TDS 2.2.6.5), and lets everything through as it is once the handshake is
// over. The last to speak must be the server, as in a full handshake of TLS 1.2:
// in 1.3 no one could tell where the messages end.
type Tunnel struct {
	net.Conn
	Stream  *Stream
	through bool   // the handshake is over
	out     []byte // not sent yet
	in      []byte // received and not read yet
}

// Write keeps what is written until the other side's turn: its whole answer has
// to be one message, since clients read no more than one at a time.
func (t *Tunnel) Write(p []byte) (int, error) {
	if t.through {
		return t.Conn.Write(p)
	}
	t.out = append(t.out, p...)
	return len(p), nil
}

// Read sends what was written and returns what the other side says.
func (t *Tunnel) Read(p []byte) (int, error) {
	if t.through {
		return t.Stream.In.Read(p)
	}
	if err := t.flush(); err != nil {
		return 0, err
	}
	for len(t.in) == 0 {
		message, err := t.Stream.Receive()
		if err != nil {
			return 0, err
		}
		if message.Kind != KindPrelogin && message.Kind != KindReply { // old servers reply
			return 0, fmt.Errorf("azuretest: message of type %d in a TLS handshake", message.Kind)
		}
		t.in = message.Body
	}
	n := copy(p, t.in)
	t.in = t.in[n:]
	return n, nil
}

func (t *Tunnel) flush() error {
	if len(t.out) == 0 {
		return nil
	}
	defer func() { t.out = nil }()
	return t.Stream.Send(KindPrelogin, t.out)
}

// Finish sends what is left of the handshake, which ended with err, and opens the
// tunnel.
func (t *Tunnel) Finish(err error) error {
	err = errors.Join(err, t.flush())
	t.through = true
	if err == nil && len(t.in) > 0 {
		err = errors.New("azuretest: more than a TLS handshake in its messages")
	}
	return err
}
