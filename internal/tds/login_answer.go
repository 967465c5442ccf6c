package tds

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

const (
	program  = "Microsoft SQL Server" // the name of the server's program in LOGINACK
	language = "us_english"           // of the server's messages

	// DefaultDatabase is the database of a login that names none.
	DefaultDatabase = "master"
)

// Account is whom a login was granted to.
type Account struct {
	Name    string    // of the identity or of the SQL login
	Expires time.Time // the token's end; zero without a token
}

// Grant is a login that succeeded.
type Grant struct {
	Request    *Login
	Database   string
	PacketSize int
	Nonce      []byte // the client's, if the server has one
}

// Answer are the tokens that tell the client of its login, up to the last, DONE.
func (g Grant) Answer() []byte {
	none := []byte{0}
	b := AppendEnvChange(nil, EnvDatabase, AppendBVarChar(nil, g.Database), AppendBVarChar(nil, DefaultDatabase))
	b = AppendMessage(b, TokenInfo, NewError(5701, 2, 0, fmt.Sprintf("Changed database context to '%s'.", g.Database)))
	b = AppendEnvChange(b, envCollation, append([]byte{byte(len(collation))}, collation[:]...), none)
	b = AppendEnvChange(b, envLanguage, AppendBVarChar(nil, language), none)
	b = AppendMessage(b, TokenInfo, NewError(5703, 1, 0, fmt.Sprintf("Changed language setting to %s.", language)))
	b = appendLoginAck(b, g.Request.Version)
	size := AppendBVarChar(nil, strconv.Itoa(g.PacketSize))
	b = AppendEnvChange(b, envPacketSize, size, AppendBVarChar(nil, strconv.Itoa(DefaultPacket)))
	return append(b, g.Request.featureAck(g.Nonce)...)
}

// appendLoginAck adds a LOGINACK token (MS-TDS 2.2.7.14). The server speaks
// the client's version, 7.4 at most or 8.0.
func appendLoginAck(b []byte, version uint32) []byte {
	if version != Version80 {
		version = min(version, Version74)
	}
	body := binary.BigEndian.AppendUint32([]byte{1}, version) // 1: Transact-SQL
	body = AppendBVarChar(body, program)
	return appendShortToken(b, tokenLoginAck, append(body, ServerVersion...))
}

// featureAck is the FEATUREEXTACK token that a client with a token waits for
// (MS-TDS 2.2.7.11), empty for others.
func (l *Login) featureAck(nonce []byte) []byte {
	if l.FedAuth == nil {
		return nil
	}
	if l.FedAuth.Library != SecurityToken {
		nonce = nil
	}
	b := appendNumber([]byte{TokenFeatureExtAck, FeatureFedAuth}, uint64(len(nonce)), 4)
	return append(append(b, nonce...), FeatureEnd)
}

// AppendRoute adds the ENVCHANGE token that sends a client on.
func AppendRoute(b []byte, host string, port uint16) []byte {
	data := binary.LittleEndian.AppendUint16([]byte{0}, port) // 0: TCP
	data = appendUSVarChar(data, host)
	value := binary.LittleEndian.AppendUint16(nil, uint16(len(data)))
	return AppendEnvChange(b, envRouting, append(value, data...), []byte{0, 0})
}

// LoginAnswer is an ordinary server's answer to LOGIN7.
type LoginAnswer struct {
	tokens     []byte
	Version    []byte // of TDS, in tokens
	done       int    // where the last DONE is in tokens
	PacketSize int    // that the server granted
	Refused    error  // the server's errors, joined; nil if logged in
}

// ParseLoginAnswer finds in the tokens of a login without feature extensions what has
// to be changed for another client.
func ParseLoginAnswer(tokens []byte) (*LoginAnswer, error) {
	a := &LoginAnswer{tokens: tokens, done: -1, PacketSize: DefaultPacket}
	r := &reader{data: tokens}
	for len(r.data) > 0 {
		at := len(tokens) - len(r.data)
		switch token := r.byte(); token {
		case TokenDone:
			a.done = at
			r.bytes(2 + 2 + 8) // status, command, count (MS-TDS 2.2.7.6)
		case tokenLoginAck:
			a.Version = r.part(r.bytes(int(r.uint16())), 1, 4)
		case tokenEnvChange:
			change := &reader{data: r.bytes(int(r.uint16()))}
			kind := change.byte()
			if size, err := strconv.Atoi(change.bVarChar()); err == nil && kind == envPacketSize && size >= MinPacket && size <= MaxPacket {
				a.PacketSize = size
			}
		case TokenError:
			a.Refused = errors.Join(a.Refused, parseError(r.bytes(int(r.uint16()))))
		case TokenInfo:
			r.bytes(int(r.uint16()))
		default:
			r.fail(fmt.Errorf("azuretest: backend: token %#x in the answer to a login", token))
		}
	}
	if r.err == nil && a.Refused == nil && (a.Version == nil || a.done < 0) {
		r.err = errors.New("azuretest: backend: it neither grants the login nor refuses it")
	}
	return a, r.err
}

// parseError reads the body of an ERROR token (MS-TDS 2.2.7.10) as far as the
// message; one that is cut off is the usual one.
func parseError(body []byte) *Error {
	r := &reader{data: body}
	e := NewError(int32(r.uint32()), r.byte(), r.byte(), r.usVarChar())
	if r.err != nil {
		return NewError(18456, 1, 14, "Login failed.")
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
