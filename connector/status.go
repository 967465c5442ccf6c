package connector

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/token"
)

// Status is the state of one handle at one moment, for health checks and
// metrics. It holds no secret.
type Status struct {
	Engine     dsn.Engine
	Connection string   // Service Connector's connection name; "" for the default one
	Source     string   // what named the connection, in words
	Variables  []string // names of the variables that used, ambient ones too
	Hosts      []dsn.Host
	Database   string

	// User is the database user name, empty until a token has named it.
	User string

	Kind     IdentityKind
	Identity string // the identity in words, with its public ID
	Rule     string // the name of the rule that chose it, such as "client ID"
	Why      string // what the rule found

	// Azure is what is known about whether this host is in Azure. On one that is not
	// known to be, the first token request of a managed identity may find out.
	Azure AzureStatus

	// Tenant is that of a service principal or workload identity, or the one a
	// developer's sign-in is asked in; empty where there is none or it is not yet
	// known.
	Tenant string

	Cloud     string
	Scope     string
	Authority string
	TLS       string // what is done about TLS, in words

	Warnings []string

	// Token is the state of the token; zero for password logins.
	Token token.Stats
}

// Status returns the handle's present state. It is safe for concurrent use and
// waits for nothing.
func (h *Handle) Status() Status {
	id := h.identityNow()
	s := Status{
		Engine:     h.config.Engine,
		Connection: h.found.connection,
		Source:     h.found.source,
		Variables:  slices.Clone(h.found.variables),
		Hosts:      slices.Clone(h.config.Hosts),
		Database:   h.config.Database,
		User:       h.userNow(id),
		Kind:       id.kind,
		Identity:   id.String(),
		Rule:       id.rule,
		Why:        id.why,
		Azure:      h.azure(),
		Tenant:     id.tenantID,
		Cloud:      h.cloud.name,
		Scope:      h.cloud.scope,
		Authority:  h.cloud.authority,
		TLS:        h.tls.String(),
		Warnings:   slices.Concat(h.warnings, h.lateWarnings(id)),
	}
	if a := h.account.Load(); a != nil {
		s.Token = a.tokens.Stats()
	}
	return s
}

// Format writes where the handle connects and as whom, whatever the verb: fmt
// would print its fields, and with them the values of parameters.
func (h *Handle) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s %s database %q with %s", h.config.Engine, h.config.Hosts[0], h.config.Database, h.identityNow())
}

// Statuses returns the state of every handle of the process that is open, in the
// order in which they were opened. Handles that were dropped without Close are
// not kept for it.
func Statuses() []Status {
	handles := open.list()
	statuses := make([]Status, len(handles))
	for i, h := range handles {
		statuses[i] = h.Status()
	}
	return statuses
}

// open are the handles that are open, weakly held.
var open registry

type registry struct {
	mu   sync.Mutex
	last uint64                            // guarded by mu: the number of the handle opened last
	all  map[weak.Pointer[Handle]]struct{} // guarded by mu
}

// add lists the handle until it is removed or collected.
func (r *registry) add(h *Handle) {
	p := weak.Make(h)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[weak.Pointer[Handle]]struct{}{}
	}
	r.last++
	h.number = r.last
	r.all[p] = struct{}{}
	runtime.AddCleanup(h, r.drop, p)
}

func (r *registry) remove(h *Handle) { r.drop(weak.Make(h)) }

func (r *registry) drop(p weak.Pointer[Handle]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, p)
}

func (r *registry) list() []*Handle {
	r.mu.Lock()
	defer r.mu.Unlock()
	var live []*Handle
	for p := range r.all {
		if h := p.Value(); h != nil {
			live = append(live, h)
		}
	}
	slices.SortFunc(live, func(a, b *Handle) int { return cmp.Compare(a.number, b.number) })
	return live
}
