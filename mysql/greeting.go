package mysql

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

var errGreeting = errors.New("mysql: what answers there does not greet as MySQL servers do")

// maxGreeting is far more than the texts of any server's greeting.
const maxGreeting = 1 << 16

// readGreeting reads a server's greeting, and not a byte of what follows. It
// comes in clear text, from anybody, and go-sql-driver takes it apart without a
// look at its length: a packet that is too short would end the process.
func readGreeting(r io.Reader) ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(header[:]) & 0xffffff
	if length >= maxGreeting {
		return nil, errGreeting
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	if !isGreeting(body) {
		return nil, errGreeting
	}
	return append(header[:], body...), nil
}

// isGreeting reports whether b is as long as a greeting or an error of a server
// is (MySQL internals, "Protocol::HandshakeV10" and "ERR_Packet").
func isGreeting(b []byte) bool {
	const (
		version10  = 10
		errorStart = 1 + 2                                      // 0xff and the number
		stateEnd   = errorStart + 1 + 5                         // "#" and the SQL state
		afterName  = 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 6 + 4 + 13 // from the thread's ID to the end of the nonce
	)
	switch {
	case len(b) == 0:
		return false
	case b[0] == 0xff:
		return len(b) > errorStart && (b[errorStart] != '#' || len(b) >= stateEnd)
	case b[0] < version10:
		return true // which the driver refuses
	}
	name := bytes.IndexByte(b[1:], 0)
	return name >= 0 && len(b) >= 1+name+1+afterName
}
