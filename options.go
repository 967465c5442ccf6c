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

// Options adjusts [Open] and the constructors of the driver packages. A nil
// *Options means all defaults. Options are read while the connection is opened
// and may be changed afterwards.
type Options struct {
	// Credential is used instead of choosing one. The library caches and renews
	// its tokens; handles share them when the credential is comparable. It must not
	// refer to the database that it is for, or neither is ever collected.
	Credential azcore.TokenCredential

	// User replaces the database user name of the connection, also the name that
	// would be read from a developer's token. With a token it does not count for SQL
	// Server, where the token names the user.
	User string

	// TenantID is the Microsoft Entra tenant where the connection names none: of a
	// service principal or workload identity, before AZURE_TENANT_ID and what a SQL
	// Server names, and of who
	// signs in with a developer's tool, interactively or by device code. Managed
	// identities need none.
	TenantID string

	// Cloud replaces the cloud that the host's suffix tells, for hosts with a
	// private name. One of the Azure CLI's names: "AzureCloud",
	// "AzureUSGovernment", "AzureChinaCloud", and "AzureGermanCloud", which is closed.
	Cloud string

	// Scope replaces the OAuth scope that the engine and the cloud tell, such as
	// "https://ossrdbms-aad.database.windows.net/.default".
	Scope string

	// AuthorityHost replaces the Microsoft Entra authority, such as
	// "https://login.microsoftonline.us/". It must be https.
	AuthorityHost string

	// TrustedHosts are names, beside the engine's known Azure suffixes, that a
	// server's certificate may be verified against. They are exact names or
	// addresses: no wildcard, no suffix, no port. Nil: the comma-separated list in PASSWORDLESS_TRUSTED_HOSTS.
	TrustedHosts []string

	// ServerName is the name that the server's certificate is verified against,
	// for connections through a tunnel or a private address. Empty: the host.
	ServerName string

	// RootCAs are trusted beside the system's roots, those of the connection's
	// sslrootcert and those of the PEM file in PASSWORDLESS_CA_FILE.
	RootCAs []*x509.Certificate

	// Dial makes the network connection to the database. Nil: [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Environ returns the variables to read, as [os.Environ] does, which is the
	// default. The host markers of managed identity (IDENTITY_ENDPOINT and its
	// relatives) are always the process's: MSAL reads them itself.
	Environ func() []string

	// Transport sends the identity requests. Nil: a client of the library's own,
	// which never uses a proxy for link-local addresses.
	Transport policy.Transporter

	// ProbeIMDS reports whether the host is in Azure, for a managed identity on a host
	// without markers but with a developer's tools. It gets a second. While it says no
	// and a developer's sign-in is used, each token request calls it again in the
	// background, never twice at once. If nil, the machine's chassis asset tag decides,
	// and else one request to the instance metadata service through Transport.
	ProbeIMDS func(ctx context.Context) bool

	// RequestTimeout bounds one token request. Zero: 30 s, or 5 min where a person
	// has to sign in. Handles that share a token go by the first one's.
	RequestTimeout time.Duration

	// StartupWindow is how long after the first request for a token an identity
	// endpoint that is not up yet (connection refused, 404) is tried again. Zero:
	// 30 s. Negative: not at all. Handles that share a token go by the first one's.
	StartupWindow time.Duration

	// Logger receives what was found, chosen, fetched and retried; never a secret.
	// Nil: silent, unless PASSWORDLESS_LOG is info or debug, which logs to stderr.
	Logger *slog.Logger

	// Observe is called for each event in a token's life, such as a renewal, for
	// metrics; handles that share a token each get each event. It must not block.
	Observe func(Event)
}
