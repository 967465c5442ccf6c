package mysqlfront

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/azuredb/passwordless/azuretest"
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
// no connection to give says so instead: the error is a *azuretest.ServerError then.
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

// parseError returns the *azuretest.ServerError of a message that is one, else nil.
func parseError(message []byte) error {
	r := reader{rest: message}
	if r.uint8() != errPacket || len(message) < 3 {
		return nil
	}
	e := &azuretest.ServerError{Number: int(r.uint16()), State: "HY000"}
	if len(r.rest) >= 6 && r.rest[0] == '#' {
		e.State = string(r.bytes(6)[1:])
	}
	e.Message = string(r.rest)
	return e
}

// sslRequest is the length of a request for TLS: the beginning of a
// response that goes on once there is TLS.
const sslRequest = 32

// response is the client's answer to the greeting:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html
type response struct {
	flags      capabilities
	maxPacket  uint32
	charset    byte
	filler     [23]byte // MariaDB's own capabilities are in the last four
	user       string
	auth       []byte // the answer to the challenge, or what else the plugin says first
	database   string // "" if the client names none
	plugin     string
	attributes string // the connection attributes as they came
}

// parseResponse reads a response to a server with the capabilities offered.
func parseResponse(message []byte, offered capabilities) (*response, error) {
	r := reader{rest: message}
	p := &response{flags: capabilities(r.uint32()) & offered, maxPacket: r.uint32(), charset: r.uint8()}
	copy(p.filler[:], r.bytes(uint64(len(p.filler))))
	switch {
	case r.bad || p.flags&protocol41 == 0: // the response of older clients looks different
		return nil, badHandshake
	case p.flags&neededFlags != neededFlags:
		return nil, oldClient
	}
	p.user = r.terminated()
	if p.flags&lenencAuth != 0 {
		p.auth = r.bytes(r.length())
	} else {
		p.auth = r.bytes(uint64(r.uint8()))
	}
	if p.flags&connectWithDB != 0 {
		p.database = r.terminated()
	}
	p.plugin = r.terminated()
	if p.flags&connectAttrs != 0 && len(r.rest) > 0 {
		p.attributes = r.string()
	}
	if r.bad {
		return nil, badHandshake
	}
	return p, nil
}

func (p *response) encode() []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(p.flags))
	b = binary.LittleEndian.AppendUint32(b, p.maxPacket)
	b = append(append(b, p.charset), p.filler[:]...)
	b = append(append(b, p.user...), 0)
	b = appendString(b, p.auth) // of less than 251 bytes one byte is the length in either form
	if p.flags&connectWithDB != 0 {
		b = append(append(b, p.database...), 0)
	}
	b = append(append(b, p.plugin...), 0)
	if p.flags&connectAttrs != 0 {
		b = appendString(b, p.attributes)
	}
	return b
}

// parameters are the connection attributes, as far as they can be read.
func (p *response) parameters() map[string]string {
	attributes := make(map[string]string)
	r := reader{rest: []byte(p.attributes)}
	for len(r.rest) > 0 {
		name, value := r.string(), r.string()
		if r.bad {
			break
		}
		attributes[name] = value
	}
	return attributes
}
