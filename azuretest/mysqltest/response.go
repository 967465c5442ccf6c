package mysqltest

import "encoding/binary"

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
		return nil, badHandshake()
	case p.flags&neededFlags != neededFlags:
		return nil, oldClient()
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
		return nil, badHandshake()
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
