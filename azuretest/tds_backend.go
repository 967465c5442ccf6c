package azuretest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// tdsLoginAnswer is an ordinary server's answer to LOGIN7.
type tdsLoginAnswer struct {
	tokens     []byte
	version    []byte // of TDS, in tokens
	done       int    // where the last DONE is in tokens
	packetSize int    // that the server granted
	refused    error  // the server's errors, joined; nil: logged in
}

// parseTDSLoginAnswer finds in the tokens of a login what has to be changed for
// another client.
func parseTDSLoginAnswer(tokens []byte) (*tdsLoginAnswer, error) {
	a := &tdsLoginAnswer{tokens: tokens, done: -1, packetSize: tdsDefaultPacket}
	for at := 0; at < len(tokens); {
		token, body, err := tdsFirstToken(tokens[at:])
		if err != nil {
			return nil, err
		}
		switch tokens[at] {
		case tdsTokenLoginAck:
			if a.version, err = tdsPart(body, 1, 4); err != nil {
				return nil, err
			}
		case tdsTokenDone:
			a.done = at
		case tdsTokenError:
			a.refused = errors.Join(a.refused, parseTDSError(body))
		case tdsTokenEnvChange:
			a.environment(body)
		}
		at += len(token)
	}
	if a.refused == nil && (a.version == nil || a.done < 0) {
		return nil, errors.New("azuretest: backend: it neither grants the login nor refuses it")
	}
	return a, nil
}

// tdsFirstToken cuts off the first of the tokens, one of those that the answer to
// a login without feature extensions consists of, and tells what is in it.
func tdsFirstToken(tokens []byte) (token, body []byte, err error) {
	const done = 2 + 2 + 8 // status, command, count (MS-TDS 2.2.7.6)
	head, length := 1, uint64(done)
	switch tokens[0] {
	case tdsTokenDone:
	case tdsTokenLoginAck, tdsTokenEnvChange, tdsTokenInfo, tdsTokenError:
		size, err := tdsPart(tokens, 1, 2)
		if err != nil {
			return nil, nil, err
		}
		head, length = 3, uint64(binary.LittleEndian.Uint16(size))
	default:
		return nil, nil, fmt.Errorf("azuretest: backend: token %#x in the answer to a login", tokens[0])
	}
	body, err = tdsPart(tokens, uint64(head), length)
	return tokens[:head+len(body)], body, err
}

// environment notes the packet size of an ENVCHANGE token.
func (a *tdsLoginAnswer) environment(body []byte) {
	if len(body) < 2 || body[0] != tdsEnvPacketSize {
		return
	}
	text, err := tdsPart(body, 2, 2*uint64(body[1]))
	if err != nil {
		return
	}
	if size, err := strconv.Atoi(tdsText(text)); err == nil && size >= tdsMinPacket && size <= tdsMaxPacket {
		a.packetSize = size
	}
}

// parseTDSError reads the body of an ERROR token (MS-TDS 2.2.7.10) as far as the
// message; what is cut off is missing.
func parseTDSError(body []byte) *SQLServerError {
	e := sqlError(18456, 1, 14, "Login failed.")
	if len(body) < 8 {
		return e
	}
	e.Number = int32(binary.LittleEndian.Uint32(body))
	e.State, e.Class = body[4], body[5]
	if text, err := tdsPart(body, 8, 2*uint64(binary.LittleEndian.Uint16(body[6:]))); err == nil {
		e.Message = tdsText(text)
	}
	return e
}

// forClient is the answer for a client that asked in another way: of its version
// of TDS, and with what a client with a token waits for. It is made once.
func (a *tdsLoginAnswer) forClient(request *tdsLogin, nonce []byte) []byte {
	if request.version == tdsVersion80 {
		binary.BigEndian.PutUint32(a.version, tdsVersion80)
	}
	return slices.Insert(a.tokens, a.done, request.featureAck(nonce)...)
}
