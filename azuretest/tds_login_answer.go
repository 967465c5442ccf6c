package azuretest

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// tdsProgram is the name of the server's program in LOGINACK.
const tdsProgram = "Microsoft SQL Server"

// tdsLanguage is the language of the server's messages.
const tdsLanguage = "us_english"

// tdsGrant is a login that succeeded.
type tdsGrant struct {
	request    *tdsLogin
	database   string
	packetSize int
	nonce      []byte // the client's, if the server has one of its own
}

// answer are the tokens that tell the client of its login, up to the last, DONE.
func (g tdsGrant) answer() []byte {
	none := []byte{0}
	b := appendTDSEnvChange(nil, tdsEnvDatabase, appendBVarChar(nil, g.database), appendBVarChar(nil, tdsDefaultDatabase))
	b = appendTDSMessage(b, tdsTokenInfo, sqlError(5701, 2, 0, fmt.Sprintf("Changed database context to '%s'.", g.database)))
	b = appendTDSEnvChange(b, tdsEnvCollation, append([]byte{byte(len(tdsCollation))}, tdsCollation[:]...), none)
	b = appendTDSEnvChange(b, tdsEnvLanguage, appendBVarChar(nil, tdsLanguage), none)
	b = appendTDSMessage(b, tdsTokenInfo, sqlError(5703, 1, 0, fmt.Sprintf("Changed language setting to %s.", tdsLanguage)))
	b = appendTDSLoginAck(b, g.request.version)
	size := appendBVarChar(nil, strconv.Itoa(g.packetSize))
	b = appendTDSEnvChange(b, tdsEnvPacketSize, size, appendBVarChar(nil, strconv.Itoa(tdsDefaultPacket)))
	return append(b, g.request.featureAck(g.nonce)...)
}

// tdsDefaultDatabase is the database of a login that names none.
const tdsDefaultDatabase = "master"

// appendTDSLoginAck adds a LOGINACK token (MS-TDS 2.2.7.14). The server speaks
// the client's version, 7.4 at most or 8.0.
func appendTDSLoginAck(b []byte, version uint32) []byte {
	body := []byte{1} // Transact-SQL
	if version != tdsVersion80 {
		version = min(version, tdsVersion74)
	}
	body = binary.BigEndian.AppendUint32(body, version)
	body = appendBVarChar(body, tdsProgram)
	return appendShortToken(b, tdsTokenLoginAck, append(body, tdsServerVersion...))
}

// featureAck is the FEATUREEXTACK token that a client with a token waits for
// (MS-TDS 2.2.7.11), empty for others. nonce is the client's, if the server has
// one of its own.
func (l *tdsLogin) featureAck(nonce []byte) []byte {
	if l.fedAuth == nil {
		return nil
	}
	if l.fedAuth.library != tdsSecurityToken {
		nonce = nil
	}
	b := []byte{tdsTokenFeatureExtAck, tdsFeatureFedAuth}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(nonce)))
	return append(append(b, nonce...), tdsFeatureEnd)
}

// appendTDSRoute adds the ENVCHANGE token that sends a client on.
func appendTDSRoute(b []byte, host string, port uint16) []byte {
	data := binary.LittleEndian.AppendUint16([]byte{0}, port) // 0: TCP
	data = appendUSVarChar(data, host)
	value := binary.LittleEndian.AppendUint16(nil, uint16(len(data)))
	return appendTDSEnvChange(b, tdsEnvRouting, append(value, data...), []byte{0, 0})
}
