package sqlserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func serverSays(number int32, message string) error {
	return fmt.Errorf("wrapped: %w", mssql.Error{Number: number, State: 1, Class: 14, Message: "login error: " + message})
}

// handshake is how loginConn returns the error of a handshake.
func handshake(err error) error { return fmt.Errorf(handshakeFailed+"%w", err) }

// noUser is the text of most errors of a login with a token.
const noUser = "Login failed for user '<token-identified principal>'."

func only(anchor string, hint ...string) connector.Classification {
	return connector.Classification{Anchor: anchor, Hint: strings.Join(hint, "")}
}

func refusing(anchor string, hint ...string) connector.Classification {
	c := only(anchor, hint...)
	c.Refused = true
	return c
}

// classifyCases are the rows of TestClassify.
var classifyCases = []struct {
	name  string
	login advice.Login // WithToken if not given
	err   error
	want  connector.Classification // Hint is a part of it
}{
	{"expired", 0, serverSays(18456, noUser+" Token is expired."), connector.Classification{Refused: true, Expired: true, Anchor: "token-expired"}},
	{"expired in the session", 0, serverSays(37396, "Query cannot be executed, access token is expired."), connector.Classification{Refused: true, Expired: true, Anchor: "token-expired"}},
	{"other tenant", 0, serverSays(18456, noUser+" The server is not currently configured to accept this token."), refusing("token-not-accepted")},
	{"anonymous", 0, serverSays(18456, `Login failed for user 'NT AUTHORITY\ANONYMOUS LOGON'.`), refusing("no-database-user")},
	{"no user", 0, serverSays(18456, noUser), refusing("no-database-user")},
	{"password", advice.WithPassword, serverSays(18456, "Login failed for user 'app'."), refusing("wrong-password")},
	{"a password does not expire", advice.WithPassword, serverSays(18456, "Login failed. Token is expired."), refusing("wrong-password")},
	{"no database", 0, serverSays(4060, `Cannot open database "orders" requested by the login. The login failed.`), refusing("no-database", "there is no such database")},
	{"no access", 0, serverSays(916, "The server principal is not able to access the database"), refusing("no-database", "create one there")},
	{"disabled", advice.WithPassword, serverSays(18470, "Login failed for user 'app'. Reason: The account is disabled."), refusing("login-disabled")},
	{"locked", advice.WithPassword, serverSays(18486, "locked out"), refusing("wrong-password")},
	{"password expired", advice.WithPassword, serverSays(18487, "The password of the account has expired."), refusing("wrong-password")},
	{"must change", advice.WithPassword, serverSays(18488, "The password of the account must be changed."), refusing("wrong-password")},
	{"Windows login", advice.WithPassword, serverSays(18452, "untrusted domain"), refusing("wrong-password")},
	{"other server", 0, serverSays(40532, `Cannot open server "srv" requested by the login. The login failed.`), only("wrong-server", "by another name than its own")},
	{"other server, internal", 0, serverSays(40531, "Server name cannot be determined."), only("wrong-server", "by another name than its own")},
	{"firewall", 0, serverSays(40615, "Client with IP address '203.0.113.7' is not allowed to access the server."), only("firewall", "this address")},
	{"subnet", 0, serverSays(40914, "Client from address is not allowed to access the server."), only("firewall", "this address")},
	{"no public access", 0, serverSays(47073, "The public network interface on this server is not accessible."), only("firewall", "no public access")},
	{"TLS version", 0, serverSays(47072, "Login failed with invalid TLS version"), only("tls-disabled")},
	{"sessions", 0, serverSays(10928, "Resource ID: 2. The session limit for the database is 300"), only("too-many-connections")},
	{"workers", 0, serverSays(10929, "Resource ID: 1."), only("too-many-connections")},
	{"busy", 0, serverSays(40501, "The service is currently busy."), only("server-unavailable", "is busy")},
	{"resources", 0, serverSays(49918, "Cannot process request. Not enough resources to process request."), only("server-unavailable", "is busy")},
	{"unavailable", 0, serverSays(40613, "Database 'orders' on server 'srv' is not currently available."), only("server-unavailable", "failing over")},
	{"failover", 0, serverSays(40197, "The service has encountered an error processing your request."), only("server-unavailable", "failing over")},
	{"long wait on a replica", 0, serverSays(4221, "Login to read-secondary failed due to long wait"), only("server-unavailable", "failing over")},
	{"mirror", 0, serverSays(954, "The database cannot be opened. It is acting as a mirror database."), only("server-unavailable", "not in service")},
	{"read-only replica", 0, serverSays(978, "currently accessible for connections when the application intent is set to read only"), only("server-unavailable", "ApplicationIntent=ReadOnly")},
	{"unknown error", 0, serverSays(50000, "oops"), connector.Classification{}},
	{"unknown error that reads like a fault", 0, serverSays(50000, "i/o timeout"), connector.Classification{}},
	{"two errors", 0, mssql.Error{Number: 18456, Message: "login error: " + noUser, All: []mssql.Error{
		{Number: 40613, Message: "not currently available"}, {Number: 18456, Message: noUser}}}, only("server-unavailable", "failing over")},
	{"no database, as it comes", 0, mssql.Error{Number: 18456, Message: "login error", All: []mssql.Error{
		{Number: 4060, Message: "Cannot open database"}, {Number: 18456, Message: noUser}}}, refusing("no-database", "there is no such database")},
	{"one server of two unreachable", 0, errors.Join(&net.DNSError{Err: "no such host", Name: "h"}, serverSays(18456, noUser)), refusing("no-database-user")},

	{"unknown authority", 0, handshake(x509.UnknownAuthorityError{}), only("server-certificate", "signed by")},
	{"wrong name", 0, handshake(x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"x"}}, Host: "h"}), only("server-certificate", "another name")},
	{"wrong address", 0, handshake(x509.HostnameError{Certificate: &x509.Certificate{}, Host: "127.0.0.1"}), only("server-certificate", "another name")},
	{"expired certificate", 0, handshake(x509.CertificateInvalidError{Reason: x509.Expired}), only("server-certificate", "not valid now")},
	{"no TLS", 0, errors.New("server does not support encryption"), only("server-without-tls")},
	{"not TLS first", 0, handshake(tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}), only("server-without-tls")},
	{"hangs up on TLS", 0, handshake(io.EOF), only("server-without-tls")},
	{"not SQL Server", 0, errors.New("invalid respones, expected packet type 4, PRELOGIN RESPONSE"), only("wrong-server", "is not SQL Server")},
	{"no Entra", 0, errors.New("federated authentication is not supported by the server"), only("wrong-server", "does not know Microsoft Entra")},
	{"redirects", 0, errRedirect, only("wrong-server", "its routing")},
	{"DNS", 0, dialError{&net.DNSError{Err: "no such host", Name: "h"}}, only("host-not-found")},
	{"refused connection", 0, dialError{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}, only("no-answer", "nothing listens")},
	{"deadline", 0, fmt.Errorf("timeout: %w", context.DeadlineExceeded), only("no-answer", "no answer in time")},
	{"connection timeout", 0, handshake(fmt.Errorf("cannot read handshake packet: read tcp: %w", os.ErrDeadlineExceeded)), only("no-answer", "no answer in time")},
	{"canceled", 0, context.Canceled, connector.Classification{}},
}

func TestClassify(t *testing.T) {
	for _, row := range classifyCases {
		t.Run(row.name, func(t *testing.T) {
			drivertest.EqualClassification(t, row.want, table.Classify(row.err, row.login != advice.WithPassword))
		})
	}
}

func TestTryElsewhere(t *testing.T) {
	c := &Connector{token: true}
	for _, row := range []struct {
		err  error
		want bool
	}{
		{dialError{errors.New("of a custom dialer")}, true},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, true},
		{mssql.StreamError{InnerError: io.EOF}, true},
		{io.EOF, true},
		{context.DeadlineExceeded, true},
		{context.Canceled, false},
		{errors.New("server does not support encryption"), false},
		{&passwordless.SetupError{Err: errors.New("untrusted")}, false},
		{&passwordless.TokenError{ErrorInfo: passwordless.ErrorInfo{Err: errors.New("no token")}}, false},
		{serverSays(18456, "Login failed"), false},
		{serverSays(4060, "Cannot open database"), true},
	} {
		assert.Equal(t, row.want, c.tryElsewhere(row.err), "%v", row.err)
	}
}
