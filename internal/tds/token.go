package tds

import (
	"encoding/binary"
	"unicode/utf16"
)

// Tokens of a server's messages (MS-TDS 2.2.7).
const (
	tokenReturnStatus  byte = 0x79
	TokenColumns       byte = 0x81 // COLMETADATA
	TokenError         byte = 0xAA
	TokenInfo          byte = 0xAB
	tokenReturnValue   byte = 0xAC
	tokenLoginAck      byte = 0xAD
	TokenFeatureExtAck byte = 0xAE
	TokenRow           byte = 0xD1
	tokenEnvChange     byte = 0xE3
	tokenFedAuthInfo   byte = 0xEE
	TokenDone          byte = 0xFD
	tokenDoneProc      byte = 0xFE
	tokenDoneInProc    byte = 0xFF
)

// Bits of a DONE token's status (MS-TDS 2.2.7.6).
const (
	doneMore          uint16 = 0x001
	DoneError         uint16 = 0x002
	doneInTransaction uint16 = 0x004
	doneCount         uint16 = 0x010
	DoneAttention     uint16 = 0x020
)

// commandSelect is the command of a DONE token that ends rows (cmdSelect in
// go-mssqldb's token.go); other commands are not told apart.
const commandSelect uint16 = 0xC1

// Flags of a column (MS-TDS 2.2.7.4).
const (
	columnNullable uint16 = 0x0001
	columnWritable uint16 = 0x0004 // read-write, of two bits
	columnIdentity uint16 = 0x0010
)

// What an ENVCHANGE token changes (MS-TDS 2.2.7.9).
const (
	EnvDatabase   byte = 1
	envLanguage   byte = 2
	envPacketSize byte = 4
	envCollation  byte = 7
	envBegin      byte = 8
	envCommit     byte = 9
	envRollback   byte = 10
	envResetDone  byte = 18
	envRouting    byte = 20
)

const (
	serverName  = "azuretest" // in messages
	shortText   = 255         // characters in a B_VARCHAR at most (MS-TDS 2.2.5.1.2)
	messageText = 2047        // characters in a message at most (RAISERROR in Transact-SQL)
)

// collation is SQL_Latin1_General_CP1_CI_AS, the default of Azure SQL Database:
// LCID 0x0409, its flags and sort order 52 (MS-TDS 2.2.5.1.2). Its char and
// varchar values are in Windows-1252.
var collation = [5]byte{0x09, 0x04, 0xD0, 0x00, 0x34}

// appendUCS2 adds text as UTF-16, low byte first, without a length.
func appendUCS2(b []byte, text string) []byte {
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

// AppendBVarChar adds text with a length of one byte; what is too long is cut off.
func AppendBVarChar(b []byte, text string) []byte {
	data := appendUCS2(nil, text)
	data = data[:min(len(data), 2*shortText)]
	return append(append(b, byte(len(data)/2)), data...)
}

// appendUSVarChar adds text with a length of two bytes; what is longer than a
// message may be is cut off.
func appendUSVarChar(b []byte, text string) []byte {
	data := appendUCS2(nil, text)
	data = data[:min(len(data), 2*messageText)]
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(data)/2)), data...)
}

// AppendMessage adds an ERROR or INFO token (MS-TDS 2.2.7.10, 2.2.7.13).
func AppendMessage(b []byte, token byte, e *Error) []byte {
	body := binary.LittleEndian.AppendUint32(nil, uint32(e.Number))
	body = append(body, e.State, e.Class)
	body = appendUSVarChar(body, e.Message)
	body = AppendBVarChar(body, serverName)
	body = AppendBVarChar(body, e.Procedure)
	body = binary.LittleEndian.AppendUint32(body, uint32(e.Line))
	return appendShortToken(b, token, body)
}

// AppendEnvChange adds an ENVCHANGE token, whose values carry their own
// lengths.
func AppendEnvChange(b []byte, kind byte, value, old []byte) []byte {
	body := append([]byte{kind}, value...)
	return appendShortToken(b, tokenEnvChange, append(body, old...))
}

// appendShortToken adds a token whose length is in two bytes.
func appendShortToken(b []byte, token byte, body []byte) []byte {
	b = append(b, token)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(body)))
	return append(b, body...)
}

// AppendDone adds a DONE, DONEPROC or DONEINPROC token.
func AppendDone(b []byte, token byte, status, command uint16, count uint64) []byte {
	b = append(b, token)
	b = binary.LittleEndian.AppendUint16(b, status)
	b = binary.LittleEndian.AppendUint16(b, command)
	return binary.LittleEndian.AppendUint64(b, count)
}
