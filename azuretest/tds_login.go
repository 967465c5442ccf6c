package azuretest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf16"
)

// Versions of TDS as LOGIN7 and LOGINACK have them (MS-TDS 2.2.6.4, 2.2.7.14).
const (
	tdsVersion72 = 0x72090002 // the oldest whose tokens this package writes
	tdsVersion74 = 0x74000004
	tdsVersion80 = 0x08000000
)

// Where LOGIN7 has what (MS-TDS 2.2.6.4).
const (
	tdsLoginVersion    = 4  // of TDS
	tdsLoginPacketSize = 8  // that the client wants
	tdsLoginFlags2     = 25 // of OptionFlags2
	tdsLoginTypeFlags  = 26
	tdsLoginFlags3     = 27 // of OptionFlags3
	tdsLoginFixed      = 36 // what comes before the offsets of the texts
	tdsLoginHeader     = 94 // that and the offsets
)

const (
	tdsFlagIntegrated = 0x80 // in OptionFlags2: Windows authentication
	tdsFlagReadOnly   = 0x20 // in TypeFlags
	tdsFlagPassword   = 0x01 // in OptionFlags3: change the password
	tdsFlagExtension  = 0x10 // in OptionFlags3: feature extensions
)

// tdsLoginText is the longest of LOGIN7's texts, in UTF-16 code units.
const tdsLoginText = 128

// tdsLogin is what a client says of itself in LOGIN7 (MS-TDS 2.2.6.4).
type tdsLogin struct {
	fixed      [tdsLoginFixed]byte // what this struct has no field for, for a login elsewhere
	version    uint32              // of TDS, such as tdsVersion74
	packetSize int
	integrated bool // Windows authentication
	readOnly   bool // application intent
	hostName   string
	userName   string
	password   string
	appName    string
	serverName string
	library    string // the client's own name, such as "go-mssqldb"
	language   string
	database   string
	fedAuth    *tdsFedAuth // nil: not a login with a token
}

// tdsAccount is whom a login was granted to.
type tdsAccount struct {
	name    string    // of the identity or of the SQL login
	expires time.Time // the token's end; zero without a token
}

// tdsTextField is one of LOGIN7's texts.
type tdsTextField struct {
	at    int // where its offset and length are
	text  *string
	crypt func([]byte) // nil: in clear
}

func (l *tdsLogin) texts() []tdsTextField {
	return []tdsTextField{
		{at: 36, text: &l.hostName},
		{at: 40, text: &l.userName},
		{at: 44, text: &l.password, crypt: tdsReveal},
		{at: 48, text: &l.appName},
		{at: 52, text: &l.serverName},
		{at: 60, text: &l.library},
		{at: 64, text: &l.language},
		{at: 68, text: &l.database},
	}
}

// parseTDSLogin reads LOGIN7. Nothing in it is believed to be where it says.
func parseTDSLogin(b []byte) (*tdsLogin, error) {
	if len(b) < tdsLoginHeader {
		return nil, fmt.Errorf("azuretest: LOGIN7 has %d bytes, want %d or more", len(b), tdsLoginHeader)
	}
	if length := binary.LittleEndian.Uint32(b); uint64(length) != uint64(len(b)) {
		return nil, fmt.Errorf("azuretest: LOGIN7 has %d bytes and says that it has %d", len(b), length)
	}
	l := &tdsLogin{
		fixed:      [tdsLoginFixed]byte(b),
		version:    binary.LittleEndian.Uint32(b[tdsLoginVersion:]),
		packetSize: int(binary.LittleEndian.Uint32(b[tdsLoginPacketSize:])),
		integrated: b[tdsLoginFlags2]&tdsFlagIntegrated != 0,
		readOnly:   b[tdsLoginTypeFlags]&tdsFlagReadOnly != 0,
	}
	for _, field := range l.texts() {
		units := int(binary.LittleEndian.Uint16(b[field.at+2:]))
		if units > tdsLoginText {
			return nil, fmt.Errorf("azuretest: a text of LOGIN7 has %d characters, want at most %d", units, tdsLoginText)
		}
		data, err := tdsPart(b, uint64(binary.LittleEndian.Uint16(b[field.at:])), uint64(2*units))
		if err != nil {
			return nil, err
		}
		if field.crypt != nil {
			data = append([]byte(nil), data...)
			field.crypt(data)
		}
		*field.text = tdsText(data)
	}
	if b[tdsLoginFlags3]&tdsFlagExtension == 0 {
		return l, nil
	}
	var err error
	l.fedAuth, err = parseTDSFeatures(b)
	return l, err
}

// encode is the LOGIN7 of a login without feature extensions, Windows
// authentication and a change of the password.
func (l *tdsLogin) encode() []byte {
	b := make([]byte, tdsLoginHeader)
	copy(b, l.fixed[:])
	binary.LittleEndian.PutUint32(b[tdsLoginVersion:], l.version)
	binary.LittleEndian.PutUint32(b[tdsLoginPacketSize:], uint32(l.packetSize))
	b[tdsLoginFlags2] &^= tdsFlagIntegrated
	b[tdsLoginTypeFlags] &^= tdsFlagReadOnly
	if l.readOnly {
		b[tdsLoginTypeFlags] |= tdsFlagReadOnly
	}
	b[tdsLoginFlags3] &^= tdsFlagExtension | tdsFlagPassword
	for _, field := range l.texts() {
		start := len(b)
		b = appendUCS2(b, *field.text)
		if field.crypt != nil {
			tdsHide(b[start:])
		}
		binary.LittleEndian.PutUint16(b[field.at:], uint16(start))
		binary.LittleEndian.PutUint16(b[field.at+2:], uint16((len(b)-start)/2))
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// secret is the password or token in the message; "" if there is none.
func (l *tdsLogin) secret() string {
	if l.fedAuth != nil {
		return l.fedAuth.token
	}
	return l.password
}

// tdsVersionName is a version of TDS for people.
func tdsVersionName(version uint32) string {
	if version == tdsVersion80 {
		return "8.0"
	}
	return fmt.Sprintf("%d.%d", version>>28, version>>24&0xF)
}

// tdsPart is a part of a message that says itself where it has it.
func tdsPart(b []byte, offset, length uint64) ([]byte, error) {
	if size := uint64(len(b)); offset > size || length > size-offset {
		return nil, errors.New("azuretest: a part of a message is beyond its end")
	}
	return b[offset:][:length], nil
}

// tdsText reads UTF-16, low byte first. What is not valid becomes U+FFFD.
func tdsText(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// tdsHide swaps the halves of each byte of a password and inverts some of its
// bits (MS-TDS 2.2.6.4). It is no encryption: TLS is.
func tdsHide(b []byte) {
	for i, c := range b {
		b[i] = (c<<4 | c>>4) ^ 0xA5
	}
}

// tdsReveal undoes tdsHide.
func tdsReveal(b []byte) {
	for i, c := range b {
		c ^= 0xA5
		b[i] = c<<4 | c>>4
	}
}
