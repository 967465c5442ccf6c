package azuretest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Options of PRELOGIN (MS-TDS 2.2.6.5). TRACEID and others are ignored.
const (
	tdsOptionVersion    byte = 0
	tdsOptionEncryption byte = 1
	tdsOptionInstance   byte = 2
	tdsOptionThread     byte = 3
	tdsOptionMARS       byte = 4
	tdsOptionFedAuth    byte = 6 // FEDAUTHREQUIRED
	tdsOptionNonce      byte = 7
	tdsOptionEnd        byte = 0xFF
)

// What PRELOGIN says about encryption (MS-TDS 2.2.6.5).
const (
	tdsEncryptOff      byte = 0 // only the login
	tdsEncryptOn       byte = 1
	tdsEncryptNone     byte = 2 // not supported
	tdsEncryptRequired byte = 3
)

// tdsOptions is a PRELOGIN message: the data of each option.
type tdsOptions map[byte][]byte

// parseTDSPrelogin reads a PRELOGIN message. Nothing in it is believed to be
// where it says.
func parseTDSPrelogin(b []byte) (tdsOptions, error) {
	options := make(tdsOptions)
	for at := uint64(0); ; at += 5 {
		id, err := tdsPart(b, at, 1)
		if err != nil {
			return nil, err
		}
		if at == 0 && id[0] != tdsOptionVersion {
			return nil, errors.New("azuretest: PRELOGIN does not begin with the version") // MS-TDS 3.3.5.1
		}
		if id[0] == tdsOptionEnd {
			return options, nil
		}
		where, err := tdsPart(b, at+1, 4)
		if err != nil {
			return nil, err
		}
		if options[id[0]] != nil {
			return nil, fmt.Errorf("azuretest: PRELOGIN has option %d twice", id[0])
		}
		offset, length := binary.BigEndian.Uint16(where), binary.BigEndian.Uint16(where[2:])
		if options[id[0]], err = tdsPart(b, uint64(offset), uint64(length)); err != nil {
			return nil, err
		}
	}
}

// encode is the message that has these options.
func (o tdsOptions) encode() []byte {
	var b, data []byte
	for _, id := range slices.Sorted(maps.Keys(o)) {
		b = append(b, id)
		b = binary.BigEndian.AppendUint16(b, uint16(5*len(o)+1+len(data)))
		b = binary.BigEndian.AppendUint16(b, uint16(len(o[id])))
		data = append(data, o[id]...)
	}
	return append(append(b, tdsOptionEnd), data...)
}

// encryption is what the sender says about encryption; not to mention it is to
// have none.
func (o tdsOptions) encryption() byte {
	if value := o[tdsOptionEncryption]; len(value) == 1 {
		return value[0]
	}
	return tdsEncryptNone
}

// tdsServerVersion is the version of Azure SQL Database's engine: 12.0.2000.
var tdsServerVersion = []byte{12, 0, 0x07, 0xD0}

// answer is a server's answer to a client's PRELOGIN. nonce is nil if the client
// sent none.
func (o tdsOptions) answer(encryption byte, nonce []byte) tdsOptions {
	answer := tdsOptions{
		tdsOptionVersion:    append(slices.Clone(tdsServerVersion), 0, 0), // and a sub-build
		tdsOptionEncryption: {encryption},
		tdsOptionInstance:   {0}, // the client's instance is this one
		tdsOptionThread:     {},
		tdsOptionMARS:       {0}, // off
	}
	if o[tdsOptionFedAuth] != nil {
		answer[tdsOptionFedAuth] = []byte{1} // a token or a password, not Windows authentication
	}
	if nonce != nil {
		answer[tdsOptionNonce] = nonce
	}
	return answer
}

// tdsEncryptionAnswer is what a server says that insists on encryption.
func tdsEncryptionAnswer(client byte) byte {
	switch client {
	case tdsEncryptOff, tdsEncryptNone:
		return tdsEncryptRequired
	}
	return tdsEncryptOn
}
