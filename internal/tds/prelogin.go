package tds

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
)

// Options of PRELOGIN (MS-TDS 2.2.6.5). TRACEID and others are ignored.
const (
	OptionVersion    byte = 0
	OptionEncryption byte = 1
	OptionInstance   byte = 2
	OptionThread     byte = 3
	OptionMARS       byte = 4
	OptionFedAuth    byte = 6 // FEDAUTHREQUIRED
	OptionNonce      byte = 7
	optionEnd        byte = 0xFF
)

// What PRELOGIN says about encryption (MS-TDS 2.2.6.5).
const (
	EncryptOff      byte = 0 // only the login
	EncryptOn       byte = 1
	EncryptNone     byte = 2 // not supported
	EncryptRequired byte = 3
)

// Options is a PRELOGIN message: the data of each option.
type Options map[byte][]byte

// ParsePrelogin reads a PRELOGIN message. Nothing in it is believed to be
// where it says.
func ParsePrelogin(b []byte) (Options, error) {
	options := make(Options)
	r := &reader{data: b}
	for r.err == nil {
		first := len(r.data) == len(b)
		id := r.byte()
		r.check(id == OptionVersion || !first, "PRELOGIN does not begin with the version") // MS-TDS 3.3.5.1
		if id == optionEnd {
			break
		}
		where := r.padded(4)
		r.check(options[id] == nil, "PRELOGIN has an option twice")
		options[id] = r.part(b, int(binary.BigEndian.Uint16(where)), int(binary.BigEndian.Uint16(where[2:])))
	}
	return options, r.err
}

// Encode is the message that has these options.
func (o Options) Encode() []byte {
	var b, data []byte
	for _, id := range slices.Sorted(maps.Keys(o)) {
		b = append(b, id)
		b = binary.BigEndian.AppendUint16(b, uint16(5*len(o)+1+len(data)))
		b = binary.BigEndian.AppendUint16(b, uint16(len(o[id])))
		data = append(data, o[id]...)
	}
	return append(append(b, optionEnd), data...)
}

// Encryption is what the sender says about encryption; not to mention it is to
// have none.
func (o Options) Encryption() byte {
	if value := o[OptionEncryption]; len(value) == 1 {
		return value[0]
	}
	return EncryptNone
}

// ServerVersion is the version of Azure SQL Database's engine: 12.0.2000.
var ServerVersion = []byte{12, 0, 0x07, 0xD0}

// Answer is a server's answer to a client's PRELOGIN; nonce is nil if the client sent
// none.
func (o Options) Answer(encryption byte, nonce []byte) Options {
	answer := Options{
		OptionVersion:    append(slices.Clone(ServerVersion), 0, 0), // and a sub-build
		OptionEncryption: {encryption},
		OptionInstance:   {0}, // the client's instance is this one
		OptionThread:     {},
		OptionMARS:       {0}, // off
	}
	if o[OptionFedAuth] != nil {
		answer[OptionFedAuth] = []byte{1} // a token or a password, not Windows authentication
	}
	if nonce != nil {
		answer[OptionNonce] = nonce
	}
	return answer
}

// EncryptionAnswer is what a server says that requires encryption.
func EncryptionAnswer(client byte) byte {
	if client == EncryptOff || client == EncryptNone {
		return EncryptRequired
	}
	return EncryptOn
}

// Tunnel carries a TLS handshake inside PRELOGIN messages, as TDS 7.x does (MS-TDS
// 2.2.6.5), and lets everything through afterwards. The last to speak must be the
// server, as in TLS 1.2: in 1.3 no one could tell where the messages end.
type Tunnel struct {
	net.Conn
	Stream  *Stream
	through bool   // the handshake is over
	out     []byte // not sent yet
	in      []byte // received and not read yet
}

// Write keeps what is written until the other side's turn: clients read one message.
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
	out := t.out
	if t.out = nil; out == nil {
		return nil
	}
	return t.Stream.Send(KindPrelogin, out)
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
