package tds

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// program is the name of the server's program in LOGINACK.
const program = "Microsoft SQL Server"

// language is the language of the server's messages.
const language = "us_english"

// Grant is a login that succeeded.
type Grant struct {
	Request    *Login
	Database   string
	PacketSize int
	Nonce      []byte // the client's, if the server has one of its own
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

// DefaultDatabase is the database of a login that names none.
const DefaultDatabase = "master"

// appendLoginAck adds a LOGINACK token (MS-TDS 2.2.7.14). The server speaks
// the client's version, 7.4 at most or 8.0.
func appendLoginAck(b []byte, version uint32) []byte {
	body := []byte{1} // Transact-SQL
	if version != Version80 {
		version = min(version, Version74)
	}
	body = binary.BigEndian.AppendUint32(body, version)
	body = AppendBVarChar(body, program)
	return appendShortToken(b, tokenLoginAck, append(body, ServerVersion...))
}

// featureAck is the FEATUREEXTACK token that a client with a token waits for
// (MS-TDS 2.2.7.11), empty for others. nonce is the client's, if the server has
// one of its own.
func (l *Login) featureAck(nonce []byte) []byte {
	if l.FedAuth == nil {
		return nil
	}
	if l.FedAuth.Library != SecurityToken {
		nonce = nil
	}
	b := []byte{TokenFeatureExtAck, FeatureFedAuth}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(nonce)))
	return append(append(b, nonce...), FeatureEnd)
}

// AppendRoute adds the ENVCHANGE token that sends a client on.
func AppendRoute(b []byte, host string, port uint16) []byte {
	data := binary.LittleEndian.AppendUint16([]byte{0}, port) // 0: TCP
	data = appendUSVarChar(data, host)
	value := binary.LittleEndian.AppendUint16(nil, uint16(len(data)))
	return AppendEnvChange(b, envRouting, append(value, data...), []byte{0, 0})
}
