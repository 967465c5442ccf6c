package passwordless

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Options adjusts the constructors of the driver packages. If a *Options is nil,
// all fields have their defaults. Options are read while the connection is opened
// and may be changed afterwards.
type Options struct {
	// Credential, if not nil, is used instead of choosing one. The library caches and
	// renews its tokens; connections share them if the credential is comparable. It
	// must not refer to the database that it is for, or neither is ever collected.
	Credential azcore.TokenCredential

	// User replaces the database user name of the connection, also the name that
	// would be read from a developer's token. It is ignored for a token login to SQL
	// Server, where the token names the user.
	User string

	// TenantID is the Microsoft Entra tenant of a service principal, workload identity,
	// developer's tool, interactive or device code sign-in whose connection names none.
	// It takes precedence over AZURE_TENANT_ID and over the tenant that a SQL Server
	// names. Managed identities need none.
	TenantID string

	// Cloud replaces the cloud that the host's suffix determines, for hosts with a
	// private name. One of the Azure CLI's names: "AzureCloud", "AzureUSGovernment",
	// "AzureChinaCloud", "AzureBleuCloud" (France; Azure SQL needs Scope), and
	// "AzureGermanCloud", which is closed.
	Cloud string

	// Scope replaces the OAuth scope that the engine and the cloud determine, such as
	// "https://ossrdbms-aad.database.windows.net/.default".
	Scope string

	// AuthorityHost replaces the Microsoft Entra authority, such as
	// "https://login.microsoftonline.us/". It must be https.
	AuthorityHost string

	// TrustedHosts are names, in addition to the engine's known Azure suffixes, that a
	// server's certificate may be verified against: exact names or addresses, without
	// wildcard or port. If nil, the comma-separated list in PASSWORDLESS_TRUSTED_HOSTS.
	TrustedHosts []string

	// ServerName is the name that the server's certificate is verified against,
	// for connections through a tunnel or a private address. If empty, the host.
	ServerName string

	// RootCAs are trusted in addition to the system's roots, those of the connection's
	// sslrootcert and those of the PEM file in PASSWORDLESS_CA_FILE.
	RootCAs []*x509.Certificate

	// NoTLSResumption makes a full TLS handshake for each connection. If false, connections
	// to PostgreSQL and MySQL resume sessions of this process, with the same roots and
	// client certificate, and a server that was verified in full; that saves a server's
	// signature, and with TLS 1.2 a round trip. Those to SQL Server resume none.
	NoTLSResumption bool

	// Dial makes the network connection to the database. If nil, a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Environ returns the variables to read. If nil, [os.Environ]. The host markers of
	// managed identity (IDENTITY_ENDPOINT and similar) are always read from the
	// process: MSAL reads them itself.
	Environ func() []string

	// Transport sends the identity requests. If nil, a client that never uses a proxy
	// for link-local addresses. Of an answer at most 1 MB is read, after decompression,
	// whatever the transport; it must end with the request's context, and
	// should bound the headers.
	Transport policy.Transporter

	// ProbeIMDS reports whether the host is in Azure, for a managed identity on a host
	// without markers but with a developer's tools, within a second. While it returns
	// false and a developer's sign-in is used, each token request calls it again in the
	// background, one call at a time. If nil, the machine's chassis asset tag decides,
	// otherwise one request to the instance metadata service through Transport.
	ProbeIMDS func(ctx context.Context) bool

	// RequestTimeout limits one token request. If zero, 30 s, or 5 min where a person
	// has to sign in. Of connections that share a token the first one's applies.
	RequestTimeout time.Duration

	// StartupWindow is how long after the first request for a token an identity
	// endpoint that is not up yet (connection refused, 404) is tried again. If zero,
	// 30 s; if negative, it is not tried again. Of connections that share a token the
	// first one's applies.
	StartupWindow time.Duration

	// Logger receives what was found, chosen, fetched and retried; never a secret. If
	// nil, nothing is logged unless PASSWORDLESS_LOG is info or debug: then to stderr.
	Logger *slog.Logger

	// Observe, if not nil, is called for each event of a token, such as a renewal; each
	// connection that shares a token gets each event. It must not block. For metrics,
	// modules otel and prometheus need no options.
	Observe func(Event)
}
