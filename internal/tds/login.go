package tds

import (
	"encoding/binary"
	"fmt"
	"slices"
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
	loginExtension  = 56 // the offset of the offset of the feature extensions
	loginHeader     = 94 // all that and the offsets
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

// textField is one of LOGIN7's texts.
type textField struct {
	at   int // where its offset and length are
	text *string
}

func (l *Login) texts() []textField {
	return []textField{
		{36, &l.HostName}, {40, &l.UserName}, {44, &l.Password}, {48, &l.AppName},
		{52, &l.ServerName}, {60, &l.library}, {64, &l.language}, {68, &l.Database},
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
	r := &reader{}
	for _, field := range l.texts() {
		units := int(binary.LittleEndian.Uint16(b[field.at+2:]))
		if units > loginText {
			return nil, fmt.Errorf("azuretest: a text of LOGIN7 has %d characters, want at most %d", units, loginText)
		}
		data := r.part(b, int(binary.LittleEndian.Uint16(b[field.at:])), 2*units)
		if field.text == &l.Password {
			data = slices.Clone(data)
			swapHalves(data, reveal)
		}
		*field.text = ucs2Text(data)
	}
	if b[loginFlags3]&flagExtension != 0 {
		l.FedAuth = r.features(b)
	}
	return l, r.err
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
		if field.text == &l.Password {
			swapHalves(b[start:], hide)
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

// To hide a password is to swap the halves of each byte and then to invert some of its
// bits (MS-TDS 2.2.6.4). It is no encryption: TLS is.
const hide, reveal byte = 0xA5, 0x5A

func swapHalves(b []byte, invert byte) {
	for i, c := range b {
		b[i] = (c<<4 | c>>4) ^ invert
	}
}

// Feature extensions (MS-TDS 2.2.6.4).
const (
	FeatureFedAuth byte = 0x02 // a login with a token
	FeatureEnd     byte = 0xFF // the end of their list
)

// The ways in which a client comes to its token (MS-TDS 2.2.6.4).
const (
	SecurityToken byte = 0x01 // it has one already
	Adal          byte = 0x02 // the server tells it where to get one
)

// NonceLength is the length of the random numbers that client and server may
// exchange in PRELOGIN and confirm in the login (MS-TDS 2.2.6.5).
const NonceLength = 32

// FedAuth is a client's request for a login with a token.
type FedAuth struct {
	Library byte   // SecurityToken or Adal
	Echo    bool   // what the client understood from PRELOGIN: a token is required
	Token   string // "" for Adal: it comes in a separate message
	Nonce   []byte // the server's, back again; nil if there is none
}

// features finds a request for a login with a token among the feature extensions of
// a LOGIN7; nil if there is none. Other features are ignored, as a server does that
// does not know them.
func (r *reader) features(login []byte) (found *FedAuth) {
	offset := r.part(login, int(binary.LittleEndian.Uint16(login[loginExtension:])), 4)
	f := &reader{data: login, err: r.err}
	f.bytes(int(number(offset)))
	for f.err == nil {
		id := f.byte()
		if f.err != nil || id == FeatureEnd {
			break
		}
		data := &reader{data: f.bytes(int(f.uint32())), err: f.err}
		if id == FeatureFedAuth {
			data.check(found == nil, "LOGIN7 asks twice for a login with a token")
			found, f.err = data.fedAuth()
		}
	}
	r.err = f.err
	return found
}

// fedAuth reads the data of a FEDAUTH extension.
func (r *reader) fedAuth() (*FedAuth, error) {
	r.check(len(r.data) > 0, "an empty request for a login with a token")
	options := r.byte()
	f := &FedAuth{Library: options >> 1, Echo: options&1 != 0}
	switch f.Library {
	case SecurityToken:
		f.Token, f.Nonce = r.token()
	case Adal:
	default:
		r.fail(fmt.Errorf("azuretest: LOGIN7 asks for a login with a token by the unknown library %d", f.Library))
	}
	return f, r.err
}

// token reads a token after its length, and the nonce that may follow it.
func (r *reader) token() (token string, nonce []byte) {
	text := r.bytes(int(r.uint32()))
	r.check(len(text)%2 == 0, "a token has an odd number of bytes, which is not UTF-16")
	switch len(r.data) {
	case 0:
	case NonceLength:
		nonce = r.data
	default:
		r.fail(fmt.Errorf("azuretest: %d bytes after a token, want none or a nonce of %d", len(r.data), NonceLength))
	}
	return ucs2Text(text), nonce
}

// ParseTokenMessage reads the message that brings the token of a client that
// was told where to get it (MS-TDS 2.2.6.3).
func ParseTokenMessage(b []byte) (token string, nonce []byte, err error) {
	r := &reader{data: b}
	length := r.uint32()
	r.check(uint64(length) == uint64(len(r.data)), "length of a token message")
	token, nonce = r.token()
	return token, nonce, r.err
}

// FedAuthInfo is the token that tells a client where to get its token
// (MS-TDS 2.2.7.12).
func FedAuthInfo(stsURL, spn string) []byte {
	const head = 4 + 2*9 // the number of entries, and two of them
	url, name := appendUCS2(nil, stsURL), appendUCS2(nil, spn)
	const stsURLEntry, spnEntry = 1, 2
	b := appendNumber([]byte{tokenFedAuthInfo}, uint64(head+len(url)+len(name)), 4)
	b = appendNumber(b, 2, 4)
	b = appendNumber(appendNumber(append(b, stsURLEntry), uint64(len(url)), 4), head, 4)
	b = appendNumber(appendNumber(append(b, spnEntry), uint64(len(name)), 4), uint64(head+len(url)), 4)
	return append(append(b, url...), name...)
}
