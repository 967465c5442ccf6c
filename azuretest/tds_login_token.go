package azuretest

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// tdsFeatureFedAuth is the feature extension of a login with a token, and
// tdsFeatureEnd ends the list of extensions (MS-TDS 2.2.6.4).
const (
	tdsFeatureFedAuth byte = 0x02
	tdsFeatureEnd     byte = 0xFF
)

// The ways in which a client comes to its token (MS-TDS 2.2.6.4).
const (
	tdsSecurityToken byte = 0x01 // it has one already
	tdsADAL          byte = 0x02 // the server tells it where to get one
)

// What FEDAUTHINFO says (MS-TDS 2.2.7.12).
const (
	tdsInfoSTSURL byte = 0x01
	tdsInfoSPN    byte = 0x02
)

// tdsNonceLength is the length of the random numbers that client and server may
// exchange in PRELOGIN and confirm in the login (MS-TDS 2.2.6.5).
const tdsNonceLength = 32

// tdsFedAuth is a client's request for a login with a token.
type tdsFedAuth struct {
	library byte   // tdsSecurityToken or tdsADAL
	echo    bool   // what the client understood from PRELOGIN: a token is required
	token   string // "" for tdsADAL: it comes in a message of its own
	nonce   []byte // the server's, back again; nil: none
}

// parseTDSFeatures finds a request for a login with a token among the feature
// extensions of a LOGIN7; nil if there is none. Other features are ignored, as a
// server does that does not know them.
func parseTDSFeatures(login []byte) (*tdsFedAuth, error) {
	const extension = 56 // where LOGIN7 has the offset of the offset
	at, err := tdsPart(login, uint64(binary.LittleEndian.Uint16(login[extension:])), 4)
	if err != nil {
		return nil, err
	}
	var found *tdsFedAuth
	for offset := uint64(binary.LittleEndian.Uint32(at)); ; {
		id, err := tdsPart(login, offset, 1)
		if err != nil || id[0] == tdsFeatureEnd {
			return found, err
		}
		length, err := tdsPart(login, offset+1, 4)
		if err != nil {
			return nil, err
		}
		data, err := tdsPart(login, offset+5, uint64(binary.LittleEndian.Uint32(length)))
		if err != nil {
			return nil, err
		}
		if id[0] == tdsFeatureFedAuth {
			if found != nil {
				return nil, errors.New("azuretest: LOGIN7 asks twice for a login with a token")
			}
			if found, err = parseTDSFedAuth(data); err != nil {
				return nil, err
			}
		}
		offset += 5 + uint64(len(data))
	}
}

// parseTDSFedAuth reads the data of a FEDAUTH extension.
func parseTDSFedAuth(data []byte) (*tdsFedAuth, error) {
	if len(data) == 0 {
		return nil, errors.New("azuretest: LOGIN7 has an empty request for a login with a token")
	}
	f := &tdsFedAuth{library: data[0] >> 1, echo: data[0]&1 != 0}
	switch f.library {
	case tdsSecurityToken:
		var err error
		f.token, f.nonce, err = parseTDSToken(data[1:])
		return f, err
	case tdsADAL:
		return f, nil
	}
	return nil, fmt.Errorf("azuretest: LOGIN7 asks for a login with a token by the unknown library %d", f.library)
}

// parseTDSToken reads a token after its length, and the nonce that may follow it.
func parseTDSToken(data []byte) (token string, nonce []byte, err error) {
	size, err := tdsPart(data, 0, 4)
	if err != nil {
		return "", nil, err
	}
	length := binary.LittleEndian.Uint32(size)
	text, err := tdsPart(data, 4, uint64(length))
	if err != nil {
		return "", nil, err
	}
	rest := data[4+len(text):]
	switch {
	case length%2 != 0:
		return "", nil, errors.New("azuretest: a token has an odd number of bytes, which is not UTF-16")
	case len(rest) == 0:
		return tdsText(text), nil, nil
	case len(rest) == tdsNonceLength:
		return tdsText(text), rest, nil
	}
	return "", nil, fmt.Errorf("azuretest: %d bytes after a token, want none or a nonce of %d", len(rest), tdsNonceLength)
}

// parseTDSTokenMessage reads the message that brings the token of a client that
// was told where to get it (MS-TDS 2.2.6.3).
func parseTDSTokenMessage(b []byte) (token string, nonce []byte, err error) {
	size, err := tdsPart(b, 0, 4)
	if err != nil {
		return "", nil, err
	}
	if length := binary.LittleEndian.Uint32(size); uint64(length) != uint64(len(b)-4) {
		return "", nil, fmt.Errorf("azuretest: a token message has %d bytes and says that it has %d", len(b)-4, length)
	}
	return parseTDSToken(b[4:])
}

// tdsFedAuthInfo is the token that tells a client where to get its token
// (MS-TDS 2.2.7.12).
func tdsFedAuthInfo(stsURL, spn string) []byte {
	const head = 4 + 2*9 // the number of entries, and two of them
	url, name := appendUCS2(nil, stsURL), appendUCS2(nil, spn)
	b := []byte{tdsTokenFedAuthInfo}
	b = binary.LittleEndian.AppendUint32(b, uint32(head+len(url)+len(name)))
	b = binary.LittleEndian.AppendUint32(b, 2)
	b = append(b, tdsInfoSTSURL)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(url)))
	b = binary.LittleEndian.AppendUint32(b, head)
	b = append(b, tdsInfoSPN)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(name)))
	b = binary.LittleEndian.AppendUint32(b, uint32(head+len(url)))
	b = append(b, url...)
	return append(b, name...)
}
