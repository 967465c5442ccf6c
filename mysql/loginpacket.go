package mysql

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/internal/sqlopen"
)

var (
	errGreeting = errors.New("mysql: what answers there does not greet as MySQL servers do")
	errAnswer   = fmt.Errorf("mysql: %w", sqlopen.ErrAnswer)
)

const (
	headerSize  = 4  // of a packet: its length, and its number
	requestSize = 32 // of the request for TLS, which is also what the response to the greeting has before the user

	// maxLogin bounds what a server sends after the greeting and until the login is done. The driver makes room for
	// a packet, of up to 16 MB, when it has read its length.
	maxLogin = 1 << 20

	maxGreeting = 1 << 16   // far more than the texts of any server's greeting
	maxPacket   = 1<<24 - 1 // a packet of this length goes on in the next one
)

// The first byte of a server's packet in a login (MySQL internals, "Connection Phase Packets").
const (
	okPacket       = 0x00
	morePacket     = 0x01
	greetingPacket = 10 // the version of the protocol
	switchPacket   = 0xfe
	errorPacket    = 0xff
)

// Methods to log in with that are not like the others.
const (
	clearPassword  = "mysql_clear_password"
	nativePassword = "mysql_native_password"
	oldPassword    = "mysql_old_password"
	cachingSHA2    = "caching_sha2_password"
	sha256Password = "sha256_password"
)

// lengthOf is the length that a packet's header says.
func lengthOf(header []byte) int { return int(header[0]) | int(header[1])<<8 | int(header[2])<<16 }

// framed is a packet with this number.
func framed(number byte, body ...[]byte) ([]byte, error) {
	packet := slices.Concat(append([][]byte{make([]byte, headerSize)}, body...)...)
	length := len(packet) - headerSize
	if length >= maxPacket {
		return nil, mysql.ErrPktTooLarge
	}
	binary.LittleEndian.PutUint32(packet, uint32(length))
	packet[3] = number
	return packet, nil
}

// lengthEncoded writes the length of a token.
func lengthEncoded(n int) []byte {
	switch {
	case n < 251:
		return []byte{byte(n)}
	case n < 1<<16:
		return []byte{0xfc, byte(n), byte(n >> 8)}
	default:
		return []byte{0xfd, byte(n), byte(n >> 8), byte(n >> 16)}
	}
}

// readPacket reads one packet, if there is room for it, and not a byte of what follows.
func readPacket(r io.Reader, room func(length int) error) ([]byte, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	length := lengthOf(header[:])
	if err := room(headerSize + length); err != nil {
		return nil, err
	}
	packet := append(header[:], make([]byte, length)...)
	_, err := io.ReadFull(r, packet[headerSize:])
	return packet, err
}

// readGreeting reads a server's greeting. It comes unencrypted, from any server, and go-sql-driver does not check its
// length: a packet that is too short would end the process.
func readGreeting(r io.Reader) ([]byte, error) {
	packet, err := readPacket(r, func(length int) error {
		if length > maxGreeting {
			return errGreeting
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !isGreeting(packet[headerSize:]) {
		return nil, errGreeting
	}
	return packet, nil
}

// Of a greeting, after the server's version (MySQL internals, "Protocol::HandshakeV10").
const (
	flagsAt  = 4 + 8 + 1                                // the number of the thread, and the beginning of the nonce
	methodAt = flagsAt + 2 + 1 + 2 + 2 + 1 + 6 + 4 + 13 // from the capabilities to the end of the nonce
	flagTLS  = 0x8                                      // in the second byte of the capabilities
)

// isGreeting reports whether b is as long as a greeting or an error of a server is.
func isGreeting(b []byte) bool {
	switch {
	case len(b) == 0:
		return false
	case b[0] == errorPacket:
		return isError(b)
	case b[0] < greetingPacket:
		return true // which the driver refuses
	}
	name := bytes.IndexByte(b[1:], 0)
	return name >= 0 && len(b) >= 1+name+1+methodAt
}

// isError reports whether b is as long as an error is (MySQL internals, "ERR_Packet").
func isError(b []byte) bool {
	const (
		start    = 1 + 2         // 0xff and the number
		stateEnd = start + 1 + 5 // "#" and the SQL state
	)
	return len(b) > start && (b[start] != '#' || len(b) >= stateEnd)
}

// isOK reports whether b is as long as an OK is (MySQL internals, "OK_Packet"): two numbers, and the status.
func isOK(b []byte) bool {
	at := 1
	for range 2 {
		if at >= len(b) {
			return false
		}
		switch b[at] { // which says how long the number is
		case 0xfc:
			at += 1 + 2
		case 0xfd:
			at += 1 + 3
		case 0xfe:
			at += 1 + 8
		default:
			at++
		}
	}
	return at+2 <= len(b)
}

// isKey reports whether b is not a public key of another kind than the driver expects.
func isKey(b []byte) bool {
	block, _ := pem.Decode(b)
	if block == nil {
		return true
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	_, ok := key.(*rsa.PublicKey)
	return ok || err != nil
}

// greeting notes what a greeting offers, and returns what the driver is to read of it.
func (c *loginConn) greeting(packet []byte) ([]byte, error) {
	body := packet[headerSize:]
	if body[0] < greetingPacket || body[0] == errorPacket {
		return packet, nil // which end the login
	}
	c.last = greetingPacket
	fixed := 1 + bytes.IndexByte(body[1:], 0) + 1
	c.tls = body[fixed+flagsAt+1]&flagTLS != 0
	method, _, _ := bytes.Cut(body[fixed+methodAt:], []byte{0})
	if c.method = string(method); c.method == "" {
		c.method = nativePassword
	}
	return c.renamed(packet, headerSize+fixed+methodAt)
}

// answer looks at a server's packet after the greeting, and returns what the driver is to read of it.
func (c *loginConn) answer(packet []byte) ([]byte, error) {
	body := packet[headerSize:]
	if len(body) == 0 {
		return nil, errAnswer
	}
	c.last = body[0]
	switch c.last {
	case okPacket:
		c.done = isOK(body)
	case errorPacket:
		c.done = isError(body)
	case morePacket: // without which the driver takes the login for granted, or with another method
		if len(body) > 1 && (c.method == cachingSHA2 || c.method == sha256Password) && isKey(body[1:]) {
			return packet, nil
		}
	case switchPacket:
		return c.switched(packet)
	default:
		return packet, nil // which the driver calls malformed
	}
	if !c.done {
		return nil, errAnswer
	}
	return packet, nil
}

// switched looks at a server's request for another method.
func (c *loginConn) switched(packet []byte) ([]byte, error) {
	body := packet[headerSize+1:]
	if len(body) == 0 {
		c.method = oldPassword
		return packet, nil
	}
	method, nonce, ok := bytes.Cut(body, []byte{0})
	if !ok {
		return packet, nil // which the driver calls malformed
	}
	c.method = string(method)
	if c.method == "" { // the driver would take the login for granted
		return nil, errAnswer
	}
	if len(bytes.TrimSuffix(nonce, []byte{0})) < leastNonce[c.method] {
		return nil, errAnswer
	}
	return c.renamed(packet, headerSize+1)
}

// leastNonce is how much the driver takes of a nonce, whatever is there.
var leastNonce = map[string]int{nativePassword: 20, oldPassword: 8, sha256Password: 1}

// renamed lets the driver answer sha256_password, whose name begins at an offset of the packet, as mysql_clear_password:
// with TLS, of which it does not know, both are the password.
func (c *loginConn) renamed(packet []byte, at int) ([]byte, error) {
	if c.method != sha256Password || c.config == nil || c.token != "" {
		return packet, nil
	}
	c.method = clearPassword
	return framed(packet[3], packet[headerSize:at], []byte(clearPassword), packet[at+len(sha256Password):])
}
