package tds

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// LoginAnswer is an ordinary server's answer to LOGIN7.
type LoginAnswer struct {
	tokens     []byte
	Version    []byte // of TDS, in tokens
	done       int    // where the last DONE is in tokens
	PacketSize int    // that the server granted
	Refused    error  // the server's errors, joined; nil: logged in
}

// ParseLoginAnswer finds in the tokens of a login what has to be changed for
// another client.
func ParseLoginAnswer(tokens []byte) (*LoginAnswer, error) {
	a := &LoginAnswer{tokens: tokens, done: -1, PacketSize: DefaultPacket}
	for at := 0; at < len(tokens); {
		token, body, err := firstToken(tokens[at:])
		if err != nil {
			return nil, err
		}
		switch tokens[at] {
		case tokenLoginAck:
			if a.Version, err = part(body, 1, 4); err != nil {
				return nil, err
			}
		case TokenDone:
			a.done = at
		case TokenError:
			a.Refused = errors.Join(a.Refused, parseError(body))
		case tokenEnvChange:
			a.environment(body)
		}
		at += len(token)
	}
	if a.Refused == nil && (a.Version == nil || a.done < 0) {
		return nil, errors.New("azuretest: backend: it neither grants the login nor refuses it")
	}
	return a, nil
}

// firstToken cuts off the first of the tokens, one of those that the answer to
// a login without feature extensions consists of, and tells what is in it.
func firstToken(tokens []byte) (token, body []byte, err error) {
	const done = 2 + 2 + 8 // status, command, count (MS-TDS 2.2.7.6)
	head, length := 1, uint64(done)
	switch tokens[0] {
	case TokenDone:
	case tokenLoginAck, tokenEnvChange, TokenInfo, TokenError:
		size, err := part(tokens, 1, 2)
		if err != nil {
			return nil, nil, err
		}
		head, length = 3, uint64(binary.LittleEndian.Uint16(size))
	default:
		return nil, nil, fmt.Errorf("azuretest: backend: token %#x in the answer to a login", tokens[0])
	}
	body, err = part(tokens, uint64(head), length)
	return tokens[:head+len(body)], body, err
}

// environment notes the packet size of an ENVCHANGE token.
func (a *LoginAnswer) environment(body []byte) {
	if len(body) < 2 || body[0] != envPacketSize {
		return
	}
	text, err := part(body, 2, 2*uint64(body[1]))
	if err != nil {
		return
	}
	if size, err := strconv.Atoi(utf16Text(text)); err == nil && size >= MinPacket && size <= MaxPacket {
		a.PacketSize = size
	}
}

// parseError reads the body of an ERROR token (MS-TDS 2.2.7.10) as far as the
// message; what is cut off is missing.
func parseError(body []byte) *Error {
	e := NewError(18456, 1, 14, "Login failed.")
	if len(body) < 8 {
		return e
	}
	e.Number = int32(binary.LittleEndian.Uint32(body))
	e.State, e.Class = body[4], body[5]
	if text, err := part(body, 8, 2*uint64(binary.LittleEndian.Uint16(body[6:]))); err == nil {
		e.Message = utf16Text(text)
	}
	return e
}

// ForClient is the answer for a client that asked in another way: of its version
// of TDS, and with what a client with a token waits for. It is made once.
func (a *LoginAnswer) ForClient(request *Login, nonce []byte) []byte {
	if request.Version == Version80 {
		binary.BigEndian.PutUint32(a.Version, Version80)
	}
	return slices.Insert(a.tokens, a.done, request.featureAck(nonce)...)
}
