package sqlserver

import (
	"encoding/binary"
	"strconv"

	"github.com/azuredb/passwordless/internal/sqlopen"
)

// Tokens of an answer to a login (MS-TDS section 2.2.7). go-mssqldb would read any, some with lengths of gigabytes.
const (
	tokenError       = 0xaa
	tokenInfo        = 0xab
	tokenLoginAck    = 0xad
	tokenFeatureAck  = 0xae
	tokenEnvChange   = 0xe3
	tokenFedAuthInfo = 0xee
	tokenDone        = 0xfd
	tokenDoneProc    = 0xfe
	tokenDoneInProc  = 0xff
)

// checkAnswer reads an answer to a login as go-mssqldb does, and tells whether it grants the login. Every length
// must be right: go-mssqldb believes them, and where it reads others than those of the token, it takes for tokens
// what is none.
func checkAnswer(b []byte) (granted bool, err error) {
	r := &reader{rest: b}
	last := false
	for handed := 0; !last && !r.malformed; {
		switch r.byte() {
		case tokenError, tokenInfo:
			r.token((*reader).message)
			continue
		case tokenEnvChange:
			r.token((*reader).envChange)
			continue
		case tokenLoginAck:
			granted = true
			r.bytes(r.uint16())
		case tokenFeatureAck:
			r.features()
		case tokenFedAuthInfo:
			r.fedAuthInfo()
			last = true
		case tokenDone, tokenDoneProc, tokenDoneInProc:
			const more, serverError = 0x1, 0x100
			status := r.uint16()
			r.bytes(2 + 8)
			last = status&more == 0 || status&serverError != 0
		default:
			r.malformed = true
		}
		handed++
		r.check(handed <= 5) // go-mssqldb's reader waits for ever with the sixth, where a login has failed
	}
	r.check(len(r.rest) == 0)
	if r.malformed {
		return false, sqlopen.ErrAnswer
	}
	return granted, nil
}

// reader reads little-endian numbers and what they are the lengths of. After the first that goes beyond the end
// it returns nothing more.
type reader struct {
	rest      []byte
	malformed bool
}

func (r *reader) check(ok bool) { r.malformed = r.malformed || !ok }

func (r *reader) bytes(n int) []byte {
	if r.malformed || n < 0 || n > len(r.rest) {
		r.malformed = true
		return make([]byte, min(max(n, 0), 8)) // as long as any number
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte         { return r.bytes(1)[0] }
func (r *reader) uint16() int        { return int(binary.LittleEndian.Uint16(r.bytes(2))) }
func (r *reader) uint32() int64      { return int64(binary.LittleEndian.Uint32(r.bytes(4))) }
func (r *reader) chars(n int) []byte { return r.bytes(2 * n) }
func (r *reader) text() []byte       { return r.chars(int(r.byte())) } // B_VARCHAR

// token reads a token that begins with its length, and must have nothing after what read reads.
func (r *reader) token(read func(*reader)) {
	inside := &reader{rest: r.bytes(r.uint16())}
	read(inside)
	r.check(!inside.malformed && len(inside.rest) == 0)
}

// message reads an ERROR or INFO, whose length go-mssqldb does not look at.
func (r *reader) message() {
	r.bytes(4 + 1 + 1) // number, state, class
	r.chars(r.uint16())
	r.text() // server
	r.text() // procedure
	r.bytes(4)
}

// envChange reads an ENVCHANGE. go-mssqldb reads the rest of one that it does not know as tokens.
func (r *reader) envChange() {
	const packetSize, collation, begin, rollback, unused, routing = 4, 7, 8, 10, 14, 20
	switch kind := r.byte(); {
	case kind == packetSize:
		r.check(isPacketSize(r.text()))
		r.text()
	case kind == collation:
		r.bytes(int(r.byte()))
		r.text()
	case begin <= kind && kind <= rollback:
		r.bytes(int(r.byte()))
		r.bytes(int(r.byte()))
	case kind == routing:
		r.uint16()
		r.check(r.byte() == 0) // TCP
		r.uint16()
		r.chars(r.uint16())
		r.uint16()
	case kind == 0 || kind == unused || kind > routing:
		r.malformed = true
	default:
		r.text() // new
		r.text() // old
	}
}

// isPacketSize reports whether UTF-16 text is a size that TDS allows; another ends in a panic with a statement.
func isPacketSize(text []byte) bool {
	var digits []byte
	for i := 0; i < len(text); i += 2 {
		digits = append(digits, text[i])
	}
	size, err := strconv.Atoi(string(digits))
	return err == nil && 512 <= size && size <= 32767
}

// features reads a FEATUREEXTACK.
func (r *reader) features() {
	const end = 0xff
	for r.byte() != end && !r.malformed {
		r.bytes(int(r.uint32()))
	}
}

// fedAuthInfo reads a FEDAUTHINFO, for whose count go-mssqldb makes room before it looks at the length.
func (r *reader) fedAuthInfo() {
	const entry = 1 + 4 + 4
	inside := &reader{rest: r.bytes(int(r.uint32()))}
	count := inside.uint32()
	r.check(!inside.malformed && count*entry <= int64(len(inside.rest)))
}
