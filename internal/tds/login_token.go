package tds

import (
	"encoding/binary"
	"fmt"
)

// FeatureFedAuth is the feature extension of a login with a token, and
// FeatureEnd ends the list of extensions (MS-TDS 2.2.6.4).
const (
	FeatureFedAuth byte = 0x02
	FeatureEnd     byte = 0xFF
)

// The ways in which a client comes to its token (MS-TDS 2.2.6.4).
const (
	SecurityToken byte = 0x01 // it has one already
	Adal          byte = 0x02 // the server tells it where to get one
)

// What FEDAUTHINFO says (MS-TDS 2.2.7.12).
const (
	infoSTSURL byte = 0x01
	infoSPN    byte = 0x02
)

// NonceLength is the length of the random numbers that client and server may
// exchange in PRELOGIN and confirm in the login (MS-TDS 2.2.6.5).
const NonceLength = 32

// FedAuth is a client's request for a login with a token.
type FedAuth struct {
	Library byte   // SecurityToken or Adal
	Echo    bool   // what the client understood from PRELOGIN: a token is required
	Token   string // "" for Adal: it comes in a separate message
	Nonce   []byte // the server's, back again; nil: none
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
		data := f.bytes(int(f.uint32()))
		if id == FeatureFedAuth && f.err == nil {
			f.check(found == nil, "LOGIN7 asks twice for a login with a token")
			d := &reader{data: data, err: f.err}
			found = d.fedAuth()
			f.err = d.err
		}
	}
	r.err = f.err
	return found
}

// fedAuth reads the data of a FEDAUTH extension.
func (r *reader) fedAuth() *FedAuth {
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
	return f
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
	b := appendNumber([]byte{tokenFedAuthInfo}, uint64(head+len(url)+len(name)), 4)
	b = appendNumber(b, 2, 4)
	b = appendNumber(append(b, infoSTSURL), uint64(len(url)), 4)
	b = appendNumber(b, head, 4)
	b = appendNumber(append(b, infoSPN), uint64(len(name)), 4)
	b = appendNumber(b, uint64(head+len(url)), 4)
	return append(append(b, url...), name...)
}
