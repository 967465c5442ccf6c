package tds

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf16"
)

// Versions of TDS as LOGIN7 and LOGINACK have them (MS-TDS 2.2.6.4, 2.2.7.14).
const (
	Version72 = 0x72090002 // the oldest whose tokens this package writes
	Version74 = 0x74000004
	Version80 = 0x08000000
)

// Where LOGIN7 has what (MS-TDS 2.2.6.4).
const (
	loginVersion    = 4  // of TDS
	loginPacketSize = 8  // that the client wants
	LoginFlags2     = 25 // of OptionFlags2
	loginTypeFlags  = 26
	loginFlags3     = 27 // of OptionFlags3
	loginFixed      = 36 // what comes before the offsets of the texts
	loginHeader     = 94 // that and the offsets
)

const (
	FlagIntegrated = 0x80 // in OptionFlags2: Windows authentication
	flagReadOnly   = 0x20 // in TypeFlags
	flagPassword   = 0x01 // in OptionFlags3: change the password
	flagExtension  = 0x10 // in OptionFlags3: feature extensions
)

// loginText is the longest of LOGIN7's texts, in UTF-16 code units.
const loginText = 128

// Login is what a client says of itself in LOGIN7 (MS-TDS 2.2.6.4).
type Login struct {
	fixed      [loginFixed]byte // what this struct has no field for, for a login elsewhere
	Version    uint32           // of TDS, such as Version74
	PacketSize int
	Integrated bool // Windows authentication
	ReadOnly   bool // application intent
	HostName   string
	UserName   string
	Password   string
	AppName    string
	ServerName string
	library    string // the client's own name, such as "go-mssqldb"
	language   string
	Database   string
	FedAuth    *FedAuth // if nil, not a login with a token
}

// Account is whom a login was granted to.
type Account struct {
	Name    string    // of the identity or of the SQL login
	Expires time.Time // the token's end; zero without a token
}

// textField is one of LOGIN7's texts.
type textField struct {
	at    int // where its offset and length are
	text  *string
	crypt func([]byte) // if nil, in clear
}

func (l *Login) texts() []textField {
	return []textField{
		{at: 36, text: &l.HostName},
		{at: 40, text: &l.UserName},
		{at: 44, text: &l.Password, crypt: reveal},
		{at: 48, text: &l.AppName},
		{at: 52, text: &l.ServerName},
		{at: 60, text: &l.library},
		{at: 64, text: &l.language},
		{at: 68, text: &l.Database},
	}
}

// ParseLogin reads LOGIN7. Nothing in it is believed to be where it says.
func ParseLogin(b []byte) (*Login, error) {
	if len(b) < loginHeader {
		return nil, fmt.Errorf("azuretest: LOGIN7 has %d bytes, want %d or more", len(b), loginHeader)
	}
	if length := binary.LittleEndian.Uint32(b); uint64(length) != uint64(len(b)) {
		return nil, fmt.Errorf("azuretest: LOGIN7 has %d bytes and says that it has %d", len(b), length)
	}
	l := &Login{
		fixed:      [loginFixed]byte(b),
		Version:    binary.LittleEndian.Uint32(b[loginVersion:]),
		PacketSize: int(binary.LittleEndian.Uint32(b[loginPacketSize:])),
		Integrated: b[LoginFlags2]&FlagIntegrated != 0,
		ReadOnly:   b[loginTypeFlags]&flagReadOnly != 0,
	}
	for _, field := range l.texts() {
		units := int(binary.LittleEndian.Uint16(b[field.at+2:]))
		if units > loginText {
			return nil, fmt.Errorf("azuretest: a text of LOGIN7 has %d characters, want at most %d", units, loginText)
		}
		data, err := part(b, uint64(binary.LittleEndian.Uint16(b[field.at:])), uint64(2*units))
		if err != nil {
			return nil, err
		}
		if field.crypt != nil {
			data = append([]byte(nil), data...)
			field.crypt(data)
		}
		*field.text = utf16Text(data)
	}
	if b[loginFlags3]&flagExtension == 0 {
		return l, nil
	}
	var err error
	l.FedAuth, err = parseFeatures(b)
	return l, err
}

// Encode is the LOGIN7 of a login without feature extensions, Windows
// authentication and a change of the password.
func (l *Login) Encode() []byte {
	b := make([]byte, loginHeader)
	copy(b, l.fixed[:])
	binary.LittleEndian.PutUint32(b[loginVersion:], l.Version)
	binary.LittleEndian.PutUint32(b[loginPacketSize:], uint32(l.PacketSize))
	b[LoginFlags2] &^= FlagIntegrated
	b[loginTypeFlags] &^= flagReadOnly
	if l.ReadOnly {
		b[loginTypeFlags] |= flagReadOnly
	}
	b[loginFlags3] &^= flagExtension | flagPassword
	for _, field := range l.texts() {
		start := len(b)
		b = appendUCS2(b, *field.text)
		if field.crypt != nil {
			hide(b[start:])
		}
		binary.LittleEndian.PutUint16(b[field.at:], uint16(start))
		binary.LittleEndian.PutUint16(b[field.at+2:], uint16((len(b)-start)/2))
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// Secret is the password or token in the message; "" if there is none.
func (l *Login) Secret() string {
	if l.FedAuth != nil {
		return l.FedAuth.Token
	}
	return l.Password
}

// VersionName is a version of TDS for people.
func VersionName(version uint32) string {
	if version == Version80 {
		return "8.0"
	}
	return fmt.Sprintf("%d.%d", version>>28, version>>24&0xF)
}

// part is a part of a message that says itself where it has it.
func part(b []byte, offset, length uint64) ([]byte, error) {
	if size := uint64(len(b)); offset > size || length > size-offset {
		return nil, errors.New("azuretest: a part of a message is beyond its end")
	}
	return b[offset:][:length], nil
}

// utf16Text reads UTF-16, low byte first. What is not valid becomes U+FFFD.
func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// hide swaps the halves of each byte of a password and inverts some of its
// bits (MS-TDS 2.2.6.4). It is no encryption: TLS is.
func hide(b []byte) {
	for i, c := range b {
		b[i] = (c<<4 | c>>4) ^ 0xA5
	}
}

// reveal undoes hide.
func reveal(b []byte) {
	for i, c := range b {
		c ^= 0xA5
		b[i] = c<<4 | c>>4
	}
}
