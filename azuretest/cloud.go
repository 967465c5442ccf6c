package azuretest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// A Cloud plays the parts of Azure that give tokens, on loopback. All methods
// are safe for concurrent use.
type Cloud struct {
	tenantID       string
	ca             *CA
	key            *rsa.PrivateKey // signs the tokens; all clouds of the process have the same
	identityHeader string
	resources      []string // as normalAudience gives them

	identity  *server // App Service and IMDS, plain http
	authority *server // Entra, https
	client    *http.Client
	tools     toolDesk

	closed  context.Context // ends when Close is called
	end     context.CancelFunc
	running sync.WaitGroup // requests and tool calls in work

	mu         sync.Mutex               // guards what follows
	keyIDs     []string                 // in this cloud's tokens alone; all but the last count as expired
	apps       map[string]*registration // user-assigned identities and service principals by client id
	principals map[string]*registration // all identities by object id
	federated  map[string]string        // the subject that a federated credential trusts, by client id
	system     *registration
	signedIn   *registration
	faults     []*activeFault
	log        []*Request
	onClose    []func() error
}

// signingKey is made once, for that takes a tenth of a second. Clouds tell their tokens apart by the key's ID.
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// Start starts a cloud with no identities. It issues tokens for Azure's own databases
// and services, and for the resources. Close must be called at the end.
func Start(resources ...string) (*Cloud, error) {
	key, err := signingKey()
	if err != nil {
		return nil, fmt.Errorf("azuretest: signing key: %w", err)
	}
	c := &Cloud{
		tenantID:       newGUID(),
		key:            key,
		keyIDs:         []string{rand.Text()},
		identityHeader: newGUID(),
		resources:      slices.Concat(azureResources, resources),
		apps:           make(map[string]*registration),
		principals:     make(map[string]*registration),
		federated:      make(map[string]string),
	}
	for i, r := range c.resources {
		c.resources[i] = normalAudience(r)
	}
	if c.ca, err = NewCA(); err != nil {
		return nil, err
	}
	c.closed, c.end = context.WithCancel(context.Background())
	if err := c.listen(); err != nil {
		return nil, errors.Join(fmt.Errorf("azuretest: start: %w", err), c.Close())
	}
	return c, nil
}

// listen opens the two HTTP endpoints.
func (c *Cloud) listen() error {
	certificate, err := c.ca.Issue("127.0.0.1", "localhost")
	if err != nil {
		return err
	}
	c.identity = &server{handler: c.identityRoutes()}
	c.authority = &server{
		handler: c.authorityRoutes(),
		tls:     &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	c.client = &http.Client{Transport: newTransport(c)}
	return errors.Join(c.identity.start(), c.authority.start())
}

func (c *Cloud) identityRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+appServicePath, c.serveAppService)
	mux.HandleFunc("GET "+imdsPath, c.serveIMDS)
	return mux
}

// Close ends all endpoints, requests in work (hanging ones too) and front ends,
// and removes the files the cloud made, but not the scripts and other files it
// was asked to write. It may be called more than once.
func (c *Cloud) Close() error {
	c.mu.Lock()
	c.end()
	hooks := c.onClose
	c.onClose = nil
	c.mu.Unlock()
	var errs []error
	for _, hook := range slices.Backward(hooks) {
		errs = append(errs, hook())
	}
	for _, s := range []*server{c.identity, c.authority} {
		if s != nil {
			errs = append(errs, s.stop())
		}
	}
	if c.client != nil {
		c.client.CloseIdleConnections()
	}
	errs = append(errs, c.tools.close(&c.running))
	return errors.Join(errs...)
}

// AtClose has hook called by Close, the last added first; at once if the cloud
// is closed already. Close returns its error, too.
func (c *Cloud) AtClose(hook func() error) error {
	c.mu.Lock()
	if c.closed.Err() == nil {
		c.onClose = append(c.onClose, hook)
		hook = func() error { return nil }
	}
	c.mu.Unlock()
	return hook()
}

// begin registers work that Close waits for, unless the cloud is closed
// already; done must follow it if it returns true.
func (c *Cloud) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Err() != nil {
		return false
	}
	c.running.Add(1)
	return true
}

// CA returns the authority that issued the cloud's certificates.
func (c *Cloud) CA() *CA { return c.ca }

// TenantID returns the home tenant of identities that name none.
func (c *Cloud) TenantID() string { return c.tenantID }

// azureResources are resources that exist in every tenant and that the library
// or people's own code may ask tokens for. Entra refuses all others.
var azureResources = []string{
	OSSRDBMSAudience,
	"https://ossrdbms-aad.database.usgovcloudapi.net",
	"https://ossrdbms-aad.database.chinacloudapi.cn",
	SQLAudience,
	"https://database.usgovcloudapi.net/",
	"https://database.chinacloudapi.cn/",
	"https://sql.azuresynapse.net",
	"https://sql.azuresynapse.usgovcloudapi.net",
	"https://sql.azuresynapse.azure.cn",
	"https://token.postgres.cosmos.azure.com",
	"https://management.azure.com/",
	"https://management.core.windows.net/",
	"https://management.usgovcloudapi.net/",
	"https://management.chinacloudapi.cn/",
	"https://graph.microsoft.com",
	"https://vault.azure.net",
	"https://storage.azure.com",
}

// knownResource reports whether tokens are given for a resource.
func (c *Cloud) knownResource(resource string) bool {
	return slices.Contains(c.resources, normalAudience(resource))
}
