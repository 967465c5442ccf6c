package drivertest_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/azuredb/passwordless/internal/tds"
)

// heard reads a header of so many bytes, and what it says is to follow.
func heard(header int, rest func(header []byte) int) func(io.Reader) error {
	return func(r io.Reader) error {
		b := make([]byte, header)
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		_, err := io.CopyN(io.Discard, r, int64(rest(b)))
		return err
	}
}

// over makes a server's connection TLS.
func over(conn net.Conn, config *tls.Config) (net.Conn, error) {
	secured := tls.Server(conn, config)
	return secured, secured.HandshakeContext(context.Background())
}

func asIs(body string) string { return body }

// PostgreSQL.

func pgFrame(body string) string {
	if body == "" {
		return ""
	}
	return body[:1] + string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+3))) + body[1:]
}

var (
	pgStartup = heard(4, func(b []byte) int { return int(binary.BigEndian.Uint32(b)) - 4 })
	pgMessage = heard(5, func(b []byte) int { return int(binary.BigEndian.Uint32(b[1:])) - 4 })

	pgRefusal = "ESFATAL\x00C28000\x00Mno " + strings.Repeat("x", 20) + "\x00\x00"
	pgLogin   = []step{
		{hear: pgStartup, frame: pgFrame, body: "R\x00\x00\x00\x03", others: []string{
			"R\x00\x00\x00\x05salt", "R\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00", "R\x00\x00\x00\x07", "v\x00\x03\x00\x00\x00\x00\x00\x01_pq_.x\x00", pgRefusal,
		}},
		{hear: pgMessage, frame: pgFrame, body: "R\x00\x00\x00\x00", others: []string{"R\x00\x00\x00\x0bv=x", pgRefusal}},
		{frame: pgFrame, body: "Sserver_version\x0016.0\x00", others: []string{"NSNOTICE\x00C00000\x00Mhear\x00\x00", "T\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19\xff\xff\xff\xff\xff\xff\x00\x00"}},
		{frame: pgFrame, body: "K\x00\x00\x00\x01\x00\x00\x00\x02"},
		{frame: pgFrame, body: "ZI"},
	}
	postgresDialogues = []dialogue{
		{name: "TLS", steps: append([]step{{hear: pgStartup, frame: asIs, body: "S", others: []string{pgFrame(pgRefusal)}}, {secure: over}}, pgLogin...), special: []deed{
			{at: 2, about: "mechanisms ", say: pgFrame("R\x00\x00\x00\x0a" + strings.Repeat("x\x00", 2_000) + "\x00"), silent: true},
			{at: 2, about: "a million mechanisms ", say: pgFrame("R\x00\x00\x00\x0a" + strings.Repeat("x\x00", 1_000_000) + "\x00"), silent: true},
		}},
		{name: "password without TLS", password: true, plain: true, steps: append([]step{
			{hear: pgStartup, frame: pgFrame, body: "R\x00\x00\x00\x05salt", others: []string{"R\x00\x00\x00\x03"}},
		}, pgLogin[1:]...)},
	}
)

// MySQL.

func mysqlFrame(number byte) func(string) string {
	return func(body string) string {
		return string([]byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), number}) + body
	}
}

const (
	greeting      = "\x0a8.0.0\x00\x01\x00\x00\x00abcdefgh\x00\xff\xff\x2d\x02\x00\xdf\x00\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst\x00mysql_native_password\x00"
	clearPassword = "\xfemysql_clear_password\x00"
	mysqlOK       = "\x00\x00\x00\x02\x00\x00\x00"
	mysqlErr      = "\xff\x15\x04#28000no"
	cachingSHA2   = "\xfecaching_sha2_password\x00abcdefghijklmnopqrst\x00"
)

var (
	mysqlPacket    = heard(4, func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 })
	mysqlDialogues = []dialogue{
		{name: "TLS", steps: []step{
			{frame: mysqlFrame(0), body: greeting, others: []string{mysqlErr}},
			mysqlTLS,
			{hear: mysqlPacket, frame: mysqlFrame(3), body: clearPassword, others: []string{cachingSHA2, mysqlErr, "\xfe", "\x01\x04"}},
			{hear: mysqlPacket, frame: mysqlFrame(5), body: mysqlOK, others: []string{mysqlErr, clearPassword, "\x01\x03"}},
		}, special: mysqlSpecial(2, 3)},
		{name: "password", password: true, steps: []step{
			{frame: mysqlFrame(0), body: greeting},
			mysqlTLS,
			{hear: mysqlPacket, frame: mysqlFrame(3), body: cachingSHA2, others: []string{clearPassword, "\xfe"}},
			{hear: mysqlPacket, frame: mysqlFrame(5), body: "\x01\x04", others: []string{mysqlErr}},
			{hear: mysqlPacket, frame: mysqlFrame(7), body: mysqlOK},
		}, special: mysqlSpecial(2, 3)},
		{name: "password without TLS", password: true, plain: true, steps: []step{
			{frame: mysqlFrame(0), body: greeting, others: []string{mysqlErr}},
			{hear: mysqlPacket, frame: mysqlFrame(2), body: mysqlOK, others: []string{cachingSHA2, mysqlErr, "\xfe", "\x01\x04", clearPassword}},
		}, special: mysqlSpecial(1, 2)},
	}
	mysqlTLS = step{hear: mysqlPacket, secure: func(conn net.Conn, config *tls.Config) (net.Conn, error) {
		if err := mysqlPacket(conn); err != nil {
			return nil, err
		}
		return over(conn, config)
	}}
	// mysqlMalformed are packets that go-sql-driver does not survive, or takes for a login that is granted. Further ones are what is cut.
	mysqlMalformed = []string{"\x00\xfc\x01", "\x00\x00\xfe\x01\x00", "\x01", "\x01\x03", "\xfemysql_native_password\x00short\x00", "\xfesha256_password\x00\x00"}
)

// mysqlMethods are those that go-sql-driver knows, and one that it does not, each as a server switches to it.
var mysqlMethods = map[string]string{
	"mysql_clear_password": clearPassword, "caching_sha2_password": cachingSHA2, "sha256_password": "\xfesha256_password\x00abcdefghijklmnopqrst\x00",
	"mysql_native_password": "\xfemysql_native_password\x00abcdefghijklmnopqrst\x00", "mysql_old_password": "\xfe",
	"client_ed25519": "\xfeclient_ed25519\x00" + strings.Repeat("x", 32), "dialog": "\xfedialog\x00\x04password: ",
}

// mysqlSpecial are servers that, from a step with that number of a packet on, switch to a method again and again, or say what is malformed.
func mysqlSpecial(at int, number byte) (all []deed) {
	for _, body := range mysqlMalformed {
		all = append(all, deed{at: at, say: mysqlFrame(number)(body)}, deed{at: at + 1, say: mysqlFrame(number + 2)(body)})
	}
	for name, body := range mysqlMethods {
		all = append(all, deed{at: at, about: "again and again " + name, act: func(conn net.Conn) error {
			for i := number; ; i += 2 {
				if _, err := io.WriteString(conn, mysqlFrame(i)(body)); err != nil {
					return err
				}
				if err := mysqlPacket(conn); err != nil {
					return err
				}
			}
		}})
	}
	return all
}

// SQL Server.

func tdsFrame(body string) string {
	return "\x04\x01" + string(binary.BigEndian.AppendUint16(nil, uint16(8+len(body)))) + "\x00\x00\x01\x00" + body
}

// inPackets makes a server's connection TLS inside TDS packets.
func inPackets(conn net.Conn, config *tls.Config) (net.Conn, error) {
	tunnel := &tds.Tunnel{Conn: conn, Stream: tds.NewStream(conn, conn)}
	own := config.Clone()
	own.MaxVersion = tls.VersionTLS12
	secured := tls.Server(tunnel, own)
	return secured, errors.Join(secured.HandshakeContext(context.Background()), tunnel.Finish(nil))
}

// prelogin answers with what it says about encryption.
func prelogin(encryption string) string {
	return "\x00\x00\x10\x00\x06\x01\x00\x16\x00\x01\x06\x00\x17\x00\x01\xff" + "\x0c\x00\x07\xd0\x00\x00" + encryption + "\x01"
}

const (
	loginAck    = "\xad\x0c\x00\x01\x74\x00\x00\x04\x01S\x00\x0c\x00\x07\xd0"
	sqlDone     = "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	sqlInfo     = "\xab\x16\x00\x45\x16\x00\x00\x02\x00\x02\x00h\x00i\x00\x01s\x00\x01p\x00\x01\x00\x00\x00"
	sqlError    = "\xaa\x16\x00\x18\x48\x00\x00\x01\x0e\x02\x00n\x00o\x00\x01s\x00\x01p\x00\x01\x00\x00\x00"
	sqlFailed   = "\xfd\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	collation   = "\xe3\x08\x00\x07\x05\x09\x04\xd0\x00\x34\x00"
	packetSize  = "\xe3\x0b\x00\x04\x04" + "4\x000\x009\x006\x00\x00"
	featureAck  = "\xae\x02\x00\x00\x00\x00\x04\x01\x00\x00\x00\x01\xff"
	fedAuthInfo = "\xee\x11\x00\x00\x00\x01\x00\x00\x00\x01\x04\x00\x00\x00\x0d\x00\x00\x00s\x00t\x00"
	routing     = "\xe3\x0c\x00\x14\x07\x00\x00\x01\x00\x01\x00h\x00\x00\x00"
	toItself    = "\xe3\x1c\x00\x14\x17\x00\x00\x01\x00\x09\x00" + "1\x002\x007\x00.\x000\x00.\x000\x00.\x001\x00" + "\x00\x00"
)

var (
	tdsMessage = heard(8, func(b []byte) int { return int(binary.BigEndian.Uint16(b[2:])) - 8 })
	sqlAnswer  = step{hear: tdsMessage, frame: tdsFrame, body: collation + packetSize + sqlInfo + loginAck + featureAck + sqlDone,
		others: []string{fedAuthInfo, sqlError + sqlFailed, routing + loginAck + sqlDone, "\xed\x01\x00x", "\x79\x00\x00\x00\x00" + sqlDone, "\x81\x01\x00" + sqlDone}}
	sqlserverDialogues = []dialogue{
		{name: "TLS in TDS", settings: "encrypt=true", steps: []step{
			{hear: tdsMessage, frame: tdsFrame, body: prelogin("\x01")}, {secure: inPackets}, sqlAnswer,
		}, special: []deed{{at: 2, about: "redirects to itself ", say: tdsFrame(toItself + loginAck + sqlDone), silent: true}}},
		{name: "TDS in TLS", settings: "encrypt=strict", seen: true, steps: []step{{secure: over}, {hear: tdsMessage, frame: tdsFrame, body: prelogin("\x01")}, sqlAnswer},
			special: []deed{{at: 2, about: "redirects to itself ", say: tdsFrame(toItself + loginAck + sqlDone), silent: true}}},
		{name: "password without TLS", settings: ";encrypt=disable", password: true, plain: true, steps: []step{
			{hear: tdsMessage, frame: tdsFrame, body: prelogin("\x02")}, sqlAnswer,
		}},
	}
)
