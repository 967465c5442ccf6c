package azuretest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// mysqlFlags are capabilities of a server or a client:
// https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html
type mysqlFlags uint32

const (
	mysqlLongPassword     mysqlFlags = 1 << 0 // MariaDB: the peer is MySQL, without MariaDB's own capabilities
	mysqlLongFlag         mysqlFlags = 1 << 2
	mysqlConnectWithDB    mysqlFlags = 1 << 3
	mysqlCompress         mysqlFlags = 1 << 5
	mysqlProtocol41       mysqlFlags = 1 << 9
	mysqlInteractive      mysqlFlags = 1 << 10
	mysqlSSL              mysqlFlags = 1 << 11
	mysqlTransactions     mysqlFlags = 1 << 13
	mysqlSecureConnection mysqlFlags = 1 << 15
	mysqlMultiStatements  mysqlFlags = 1 << 16
	mysqlMultiResults     mysqlFlags = 1 << 17
	mysqlPSMultiResults   mysqlFlags = 1 << 18
	mysqlPluginAuth       mysqlFlags = 1 << 19
	mysqlConnectAttrs     mysqlFlags = 1 << 20
	mysqlLenencAuth       mysqlFlags = 1 << 21
	mysqlDeprecateEOF     mysqlFlags = 1 << 24
	mysqlZstd             mysqlFlags = 1 << 26
	mysqlMultiFactor      mysqlFlags = 1 << 28

	// mysqlOwnFlags are those of a server without a backend.
	mysqlOwnFlags = mysqlLongPassword | mysqlLongFlag | mysqlConnectWithDB | mysqlProtocol41 | mysqlInteractive |
		mysqlSSL | mysqlTransactions | mysqlSecureConnection | mysqlMultiStatements | mysqlMultiResults |
		mysqlPSMultiResults | mysqlPluginAuth | mysqlConnectAttrs | mysqlLenencAuth | mysqlDeprecateEOF

	// mysqlNeededFlags are those without which there is no login here; all clients
	// and servers have had them since 2010.
	mysqlNeededFlags = mysqlProtocol41 | mysqlSecureConnection | mysqlPluginAuth

	// mysqlUnspliced are those that end at the front end, or that change the packets
	// themselves.
	mysqlUnspliced = mysqlSSL | mysqlCompress | mysqlZstd | mysqlMultiFactor
)

const (
	mysqlProtocol       = 10
	mysqlOwnVersion     = "8.0.40-azuretest"
	mysqlUTF8           = 45 // utf8mb4_general_ci
	mysqlScrambleLength = 20
)

// mysqlGreeting is the message with which a server begins:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
type mysqlGreeting struct {
	version    string
	connection uint32 // its number
	scramble   []byte // the challenge
	flags      mysqlFlags
	charset    byte
	status     uint16
	reserved   [10]byte // MariaDB's own capabilities are in the last four
	plugin     string
}

func (g *mysqlGreeting) encode() []byte {
	b := append([]byte{mysqlProtocol}, g.version...)
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint32(b, g.connection)
	b = append(append(b, g.scramble[:8]...), 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(g.flags))
	b = append(b, g.charset)
	b = binary.LittleEndian.AppendUint16(b, g.status)
	b = binary.LittleEndian.AppendUint16(b, uint16(g.flags>>16))
	b = append(b, mysqlScrambleLength+1) // with the zero that ends it
	b = append(b, g.reserved[:]...)
	b = append(append(b, g.scramble[8:]...), 0)
	return append(append(b, g.plugin...), 0)
}

// parseMySQLGreeting reads the greeting of an ordinary server. A server that has
// no connection to give says so instead: the error is a *MySQLError then.
func parseMySQLGreeting(message []byte) (*mysqlGreeting, error) {
	if err := parseMySQLError(message); err != nil {
		return nil, err
	}
	r := mysqlReader{rest: message}
	if version := r.uint8(); version != mysqlProtocol {
		return nil, fmt.Errorf("azuretest: backend: protocol version %d, want %d", version, mysqlProtocol)
	}
	g := &mysqlGreeting{version: r.terminated(), connection: r.uint32()}
	first := r.bytes(8)
	r.bytes(1)
	low := r.uint16()
	g.charset, g.status = r.uint8(), r.uint16()
	g.flags = mysqlFlags(low) | mysqlFlags(r.uint16())<<16
	r.bytes(1) // the length of the scramble, which is the same in all servers
	copy(g.reserved[:], r.bytes(uint64(len(g.reserved))))
	g.scramble = append(bytes.Clone(first), r.bytes(mysqlScrambleLength-8)...)
	r.bytes(1)
	g.plugin = r.terminated()
	switch {
	case r.bad:
		return nil, errors.New("azuretest: backend: malformed greeting")
	case g.flags&mysqlNeededFlags != mysqlNeededFlags:
		return nil, errors.New("azuretest: backend: a server older than MySQL 5.5.7")
	}
	return g, nil
}

// parseMySQLError returns the *MySQLError of a message that is one, else nil.
func parseMySQLError(message []byte) error {
	r := mysqlReader{rest: message}
	if r.uint8() != mysqlErrPacket || len(message) < 3 {
		return nil
	}
	e := &MySQLError{Number: r.uint16()}
	if len(r.rest) >= 6 && r.rest[0] == '#' {
		e.State = string(r.bytes(6)[1:])
	}
	e.Message = string(r.rest)
	return e
}
