package doctor

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"regexp"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/tdstls"
)

// startTLS asks a server of the engine for TLS, and returns the connection to make it on.
var startTLS = map[dsn.Engine]func(net.Conn) (net.Conn, error){
	dsn.PostgreSQL: startPostgres,
	dsn.MySQL:      startMySQL,
	dsn.SQLServer:  startSQLServer,
}

var (
	errNoTLS       = errors.New("the server does not offer TLS, which every login needs")
	errOtherServer = errors.New("what answers there is another program than a server of this kind")
)

// startPostgres sends SSLRequest.
func startPostgres(conn net.Conn) (net.Conn, error) {
	if _, err := conn.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}); err != nil {
		return nil, err
	}
	var answer [1]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return nil, err
	}
	if answer[0] != 'S' {
		return nil, errNoTLS
	}
	return conn, nil
}

// afterState is the SQLSTATE before a message of MySQL's, which is not there before the greeting.
var afterState = regexp.MustCompile(`^#.{5}`)

// startMySQL reads the greeting, and sends an SSLRequest packet.
func startMySQL(conn net.Conn) (net.Conn, error) {
	const (
		clientSSL    = 0x0800
		capabilities = 0x0200 | 0x8000 | 0x80000 | clientSSL // protocol 4.1, its passwords, plugins
	)
	var header [4]byte
	if _, err := io.ReadFull(conn, header[:]); err != nil {
		return nil, err
	}
	size := int(header[0]) | int(header[1])<<8 | int(header[2])<<16
	if size == 0 || size > 1<<12 {
		return nil, errOtherServer
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(conn, body); err != nil {
		return nil, err
	}
	if len(body) > 3 && body[0] == 0xff { // it has no connection for us
		return nil, &mysql.MySQLError{Number: binary.LittleEndian.Uint16(body[1:]), Message: afterState.ReplaceAllString(string(body[3:]), "")}
	}
	end := 1
	for end < len(body) && body[end] != 0 { // the version
		end++
	}
	if at := end + 14; body[0] != 10 || at+2 > len(body) {
		return nil, errOtherServer
	} else if binary.LittleEndian.Uint16(body[at:])&clientSSL == 0 {
		return nil, errNoTLS
	}
	request := make([]byte, 4+32)
	request[0], request[3] = 32, header[3]+1
	binary.LittleEndian.PutUint32(request[4:], capabilities)
	binary.LittleEndian.PutUint32(request[8:], 1<<24-1)
	request[12] = 45 // utf8mb4
	_, err := conn.Write(request)
	return conn, err
}

// startSQLServer sends PRELOGIN. The handshake goes in packets, too.
func startSQLServer(conn net.Conn) (net.Conn, error) {
	wrapped := tdstls.New(conn, errOtherServer)
	// VERSION and ENCRYPTION: each an offset and a length, then the values.
	_, _ = wrapped.Write([]byte{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 1}) // is kept, not sent
	answer := make([]byte, 1<<12)
	n, err := wrapped.Read(answer)
	if err != nil {
		return nil, err
	}
	for at := 0; at+5 <= n && answer[at] != 0xff; at += 5 {
		offset := int(binary.BigEndian.Uint16(answer[at+1:]))
		if answer[at] == 1 && offset < n && (answer[offset] == 1 || answer[offset] == 3) {
			return wrapped, nil
		}
	}
	return nil, errNoTLS
}
