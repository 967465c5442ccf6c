package azuretest

import (
	"encoding/binary"
	"unicode/utf16"
)

// Tokens of a server's messages (MS-TDS 2.2.7).
const (
	tdsTokenReturnStatus  byte = 0x79
	tdsTokenColumns       byte = 0x81 // COLMETADATA
	tdsTokenError         byte = 0xAA
	tdsTokenInfo          byte = 0xAB
	tdsTokenReturnValue   byte = 0xAC
	tdsTokenLoginAck      byte = 0xAD
	tdsTokenFeatureExtAck byte = 0xAE
	tdsTokenRow           byte = 0xD1
	tdsTokenEnvChange     byte = 0xE3
	tdsTokenFedAuthInfo   byte = 0xEE
	tdsTokenDone          byte = 0xFD
	tdsTokenDoneProc      byte = 0xFE
	tdsTokenDoneInProc    byte = 0xFF
)

// Bits of a DONE token's status (MS-TDS 2.2.7.6).
const (
	tdsDoneMore          uint16 = 0x001
	tdsDoneError         uint16 = 0x002
	tdsDoneInTransaction uint16 = 0x004
	tdsDoneCount         uint16 = 0x010
	tdsDoneAttention     uint16 = 0x020
)

// tdsSelect is the command of a DONE token that ends rows (cmdSelect in
// go-mssqldb's token.go); other commands are not told apart.
const tdsSelect uint16 = 0xC1

// Flags of a column (MS-TDS 2.2.7.4).
const (
	tdsColumnNullable uint16 = 0x0001
	tdsColumnWritable uint16 = 0x0004 // read-write, of two bits
	tdsColumnIdentity uint16 = 0x0010
)

// What an ENVCHANGE token changes (MS-TDS 2.2.7.9).
const (
	tdsEnvDatabase   byte = 1
	tdsEnvLanguage   byte = 2
	tdsEnvPacketSize byte = 4
	tdsEnvCollation  byte = 7
	tdsEnvBegin      byte = 8
	tdsEnvCommit     byte = 9
	tdsEnvRollback   byte = 10
	tdsEnvResetDone  byte = 18
	tdsEnvRouting    byte = 20
)

const (
	tdsShortText   = 255  // characters in a B_VARCHAR at most (MS-TDS 2.2.5.1.2)
	tdsMessageText = 2047 // characters in a message at most (RAISERROR in Transact-SQL)
)

// tdsCollation is SQL_Latin1_General_CP1_CI_AS, the default of Azure SQL Database:
// LCID 0x0409, its flags and sort order 52 (MS-TDS 2.2.5.1.2). Its char and
// varchar values are in Windows-1252.
var tdsCollation = [5]byte{0x09, 0x04, 0xD0, 0x00, 0x34}

// appendUCS2 adds text as UTF-16, low byte first, without a length.
func appendUCS2(b []byte, text string) []byte {
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

// appendBVarChar adds text with a length of one byte; what is too long is cut off.
func appendBVarChar(b []byte, text string) []byte {
	units := utf16.Encode([]rune(text))
	units = units[:min(len(units), tdsShortText)]
	return appendUnits(append(b, byte(len(units))), units)
}

// appendUSVarChar adds text with a length of two bytes; what is longer than a
// message may be is cut off.
func appendUSVarChar(b []byte, text string) []byte {
	units := utf16.Encode([]rune(text))
	units = units[:min(len(units), tdsMessageText)]
	return appendUnits(binary.LittleEndian.AppendUint16(b, uint16(len(units))), units)
}

func appendUnits(b []byte, units []uint16) []byte {
	for _, unit := range units {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

// appendTDSMessage adds an ERROR or INFO token (MS-TDS 2.2.7.10, 2.2.7.13).
func appendTDSMessage(b []byte, token byte, e *SQLServerError) []byte {
	body := binary.LittleEndian.AppendUint32(nil, uint32(e.Number))
	body = append(body, e.State, e.Class)
	body = appendUSVarChar(body, e.Message)
	body = appendBVarChar(body, tdsServerName)
	body = appendBVarChar(body, e.Procedure)
	body = binary.LittleEndian.AppendUint32(body, uint32(e.Line))
	return appendShortToken(b, token, body)
}

// tdsServerName is the name of the server in its messages.
const tdsServerName = "azuretest"

// appendTDSEnvChange adds an ENVCHANGE token, whose values carry their own
// lengths.
func appendTDSEnvChange(b []byte, kind byte, value, old []byte) []byte {
	body := append([]byte{kind}, value...)
	return appendShortToken(b, tdsTokenEnvChange, append(body, old...))
}

// appendShortToken adds a token whose length is in two bytes.
func appendShortToken(b []byte, token byte, body []byte) []byte {
	b = append(b, token)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(body)))
	return append(b, body...)
}

// appendTDSDone adds a DONE, DONEPROC or DONEINPROC token.
func appendTDSDone(b []byte, token byte, status, command uint16, count uint64) []byte {
	b = append(b, token)
	b = binary.LittleEndian.AppendUint16(b, status)
	b = binary.LittleEndian.AppendUint16(b, command)
	return binary.LittleEndian.AppendUint64(b, count)
}
