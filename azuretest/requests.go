package azuretest

import "time"

// Endpoint names an endpoint of the cloud.
type Endpoint string

// The cloud's endpoints.
const (
	AppService        Endpoint = "app service" // IDENTITY_ENDPOINT
	IMDS              Endpoint = "imds"        // http://169.254.169.254/metadata, by Transport
	Discovery         Endpoint = "discovery"   // the authority's metadata: openid-configuration, instance discovery, keys
	Authority         Endpoint = "authority"   // the authority's token endpoint
	AzureCLI          Endpoint = "az"          // a script of InstallTool
	AzureDeveloperCLI Endpoint = "azd"         // a script of InstallTool
	AzurePowerShell   Endpoint = "pwsh"        // a script of InstallTool
)

// A Request is one entry of the cloud's log. It holds no secret and no token.
type Request struct {
	Time     time.Time // when it arrived
	Endpoint Endpoint
	Path     string // of the URL; for a tool its arguments' first words, such as "account get-access-token"
	Token    bool   // it asked for a token; false for discovery and for a header-less probe of IMDS
	Resource string // what the token was asked for, without "/.default"
	Identity string // the client, object or resource id that the request names, as it was sent; "" for none
	Name     string // Identity.Name of the identity that got a token; "" if none did
	Status   int    // HTTP status or a tool's exit code; -1 while there is no answer, or when the connection was closed without one
}

// Requests returns the log since Start, oldest first.
func (c *Cloud) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	log := make([]Request, len(c.log))
	for i, r := range c.log {
		log[i] = *r
	}
	return log
}

// TokenRequests returns how many requests asked for a token, whatever the
// answer and at whatever endpoint, calls of the tools included.
func (c *Cloud) TokenRequests() int {
	n := 0
	for _, r := range c.Requests() {
		if r.Token {
			n++
		}
	}
	return n
}

// arrived writes a request to the log; the entry is changed only by answered.
func (c *Cloud) arrived(r Request) *Request {
	r.Time, r.Status = time.Now(), -1
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, &r)
	return &r
}

func (c *Cloud) answered(r *Request, status int, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Status, r.Name = status, name
}
