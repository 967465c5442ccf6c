package mysqltest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// capabilities are capabilities of a server or a client:
// https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html
type capabilities uint32

const (
	longPassword     capabilities = 1 << 0 // MariaDB: the peer is MySQL, without MariaDB's own capabilities
	longFlag         capabilities = 1 << 2
	connectWithDB    capabilities = 1 << 3
	compress         capabilities = 1 << 5
	protocol41       capabilities = 1 << 9
	interactive      capabilities = 1 << 10
	ssl              capabilities = 1 << 11
	transactions     capabilities = 1 << 13
	secureConnection capabilities = 1 << 15
	multiStatements  capabilities = 1 << 16
	multiResults     capabilities = 1 << 17
	psMultiResults   capabilities = 1 << 18
	pluginAuth       capabilities = 1 << 19
	connectAttrs     capabilities = 1 << 20
	lenencAuth       capabilities = 1 << 21
	deprecateEOF     capabilities = 1 << 24
	zstd             capabilities = 1 << 26
	multiFactor      capabilities = 1 << 28

	// ownFlags are those of a server without a backend.
	ownFlags = longPassword | longFlag | connectWithDB | protocol41 | interactive |
		ssl | transactions | secureConnection | multiStatements | multiResults |
		psMultiResults | pluginAuth | connectAttrs | lenencAuth | deprecateEOF

	// neededFlags are those without which there is no login here; all clients
	// and servers have had them since 2010.
	neededFlags = protocol41 | secureConnection | pluginAuth

	// unspliced are those that end at the front end, or that change the packets
	// themselves.
	unspliced = ssl | compress | zstd | multiFactor
)

const (
	protocol       = 10
	ownVersion     = "8.0.40-azuretest"
	utf8mb4        = 45 // utf8mb4_general_ci
	scrambleLength = 20
)

// greeting is the message with which a server begins:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
type greeting struct {
	version    string
	connection uint32 // its number
	scramble   []byte // the challenge
	flags      capabilities
	charset    byte
	status     uint16
	reserved   [10]byte // MariaDB's own capabilities are in the last four
	plugin     string
}

func (g *greeting) encode() []byte {
	b := append([]byte{protocol}, g.version...)
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint32(b, g.connection)
	b = append(append(b, g.scramble[:8]...), 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(g.flags))
	b = append(b, g.charset)
	b = binary.LittleEndian.AppendUint16(b, g.status)
	b = binary.LittleEndian.AppendUint16(b, uint16(g.flags>>16))
	b = append(b, scrambleLength+1) // with the zero that ends it
	b = append(b, g.reserved[:]...)
	b = append(append(b, g.scramble[8:]...), 0)
	return append(append(b, g.plugin...), 0)
}

// parseGreeting reads the greeting of an ordinary server. A server that has
// no connection to give says so instead: the error is a *Error then.
func parseGreeting(message []byte) (*greeting, error) {
	if err := parseError(message); err != nil {
		return nil, err
	}
	r := reader{rest: message}
	if version := r.uint8(); version != protocol {
		return nil, fmt.Errorf("azuretest: backend: protocol version %d, want %d", version, protocol)
	}
	g := &greeting{version: r.terminated(), connection: r.uint32()}
	first := r.bytes(8)
	r.bytes(1)
	low := r.uint16()
	g.charset, g.status = r.uint8(), r.uint16()
	g.flags = capabilities(low) | capabilities(r.uint16())<<16
	r.bytes(1) // the length of the scramble, which is the same in all servers
	copy(g.reserved[:], r.bytes(uint64(len(g.reserved))))
	g.scramble = append(bytes.Clone(first), r.bytes(scrambleLength-8)...)
	r.bytes(1)
	g.plugin = r.terminated()
	switch {
	case r.bad:
		return nil, errors.New("azuretest: backend: malformed greeting")
	case g.flags&neededFlags != neededFlags:
		return nil, errors.New("azuretest: backend: a server older than MySQL 5.5.7")
	}
	return g, nil
}

// parseError returns the *Error of a message that is one, else nil.
func parseError(message []byte) error {
	r := reader{rest: message}
	if r.uint8() != errPacket || len(message) < 3 {
		return nil
	}
	e := &Error{Number: r.uint16()}
	if len(r.rest) >= 6 && r.rest[0] == '#' {
		e.State = string(r.bytes(6)[1:])
	}
	e.Message = string(r.rest)
	return e
}
