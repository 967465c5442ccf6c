package tds

import (
	"encoding/binary"
	"errors"
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
	Token   string // "" for Adal: it comes in a message of its own
	Nonce   []byte // the server's, back again; nil: none
}

// parseFeatures finds a request for a login with a token among the feature
// extensions of a LOGIN7; nil if there is none. Other features are ignored, as a
// server does that does not know them.
func parseFeatures(login []byte) (*FedAuth, error) {
	const extension = 56 // where LOGIN7 has the offset of the offset
	at, err := part(login, uint64(binary.LittleEndian.Uint16(login[extension:])), 4)
	if err != nil {
		return nil, err
	}
	var found *FedAuth
	for offset := uint64(binary.LittleEndian.Uint32(at)); ; {
		id, err := part(login, offset, 1)
		if err != nil || id[0] == FeatureEnd {
			return found, err
		}
		length, err := part(login, offset+1, 4)
		if err != nil {
			return nil, err
		}
		data, err := part(login, offset+5, uint64(binary.LittleEndian.Uint32(length)))
		if err != nil {
			return nil, err
		}
		if id[0] == FeatureFedAuth {
			if found != nil {
				return nil, errors.New("azuretest: LOGIN7 asks twice for a login with a token")
			}
			if found, err = parseFedAuth(data); err != nil {
				return nil, err
			}
		}
		offset += 5 + uint64(len(data))
	}
}

// parseFedAuth reads the data of a FEDAUTH extension.
func parseFedAuth(data []byte) (*FedAuth, error) {
	if len(data) == 0 {
		return nil, errors.New("azuretest: LOGIN7 has an empty request for a login with a token")
	}
	f := &FedAuth{Library: data[0] >> 1, Echo: data[0]&1 != 0}
	switch f.Library {
	case SecurityToken:
		var err error
		f.Token, f.Nonce, err = parseToken(data[1:])
		return f, err
	case Adal:
		return f, nil
	}
	return nil, fmt.Errorf("azuretest: LOGIN7 asks for a login with a token by the unknown library %d", f.Library)
}

// parseToken reads a token after its length, and the nonce that may follow it.
func parseToken(data []byte) (token string, nonce []byte, err error) {
	size, err := part(data, 0, 4)
	if err != nil {
		return "", nil, err
	}
	length := binary.LittleEndian.Uint32(size)
	text, err := part(data, 4, uint64(length))
	if err != nil {
		return "", nil, err
	}
	rest := data[4+len(text):]
	switch {
	case length%2 != 0:
		return "", nil, errors.New("azuretest: a token has an odd number of bytes, which is not UTF-16")
	case len(rest) == 0:
		return utf16Text(text), nil, nil
	case len(rest) == NonceLength:
		return utf16Text(text), rest, nil
	}
	return "", nil, fmt.Errorf("azuretest: %d bytes after a token, want none or a nonce of %d", len(rest), NonceLength)
}

// ParseTokenMessage reads the message that brings the token of a client that
// was told where to get it (MS-TDS 2.2.6.3).
func ParseTokenMessage(b []byte) (token string, nonce []byte, err error) {
	size, err := part(b, 0, 4)
	if err != nil {
		return "", nil, err
	}
	if length := binary.LittleEndian.Uint32(size); uint64(length) != uint64(len(b)-4) {
		return "", nil, fmt.Errorf("azuretest: a token message has %d bytes and says that it has %d", len(b)-4, length)
	}
	return parseToken(b[4:])
}

// FedAuthInfo is the token that tells a client where to get its token
// (MS-TDS 2.2.7.12).
func FedAuthInfo(stsURL, spn string) []byte {
	const head = 4 + 2*9 // the number of entries, and two of them
	url, name := appendUCS2(nil, stsURL), appendUCS2(nil, spn)
	b := []byte{tokenFedAuthInfo}
	b = binary.LittleEndian.AppendUint32(b, uint32(head+len(url)+len(name)))
	b = binary.LittleEndian.AppendUint32(b, 2)
	b = append(b, infoSTSURL)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(url)))
	b = binary.LittleEndian.AppendUint32(b, head)
	b = append(b, infoSPN)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(name)))
	b = binary.LittleEndian.AppendUint32(b, uint32(head+len(url)))
	b = append(b, url...)
	return append(b, name...)
}
