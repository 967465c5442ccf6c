package frontend

import (
	"fmt"
	"slices"
	"sync"

	"github.com/azuredb/passwordless/azuretest"
)

// commonFaults are the kinds that every front end knows.
var commonFaults = []azuretest.ServerFaultKind{
	"", azuretest.NoTLS, azuretest.Plaintext, azuretest.SelfSigned, azuretest.WrongName, azuretest.ExpiredCertificate, azuretest.Silent,
	azuretest.Slow, azuretest.CloseAfterToken, azuretest.HalfPacket, azuretest.Refuse, azuretest.ExpiredToken,
}

// faults are those in force.
type faults struct {
	mu     sync.Mutex
	active []*activeFault
}

type activeFault struct {
	azuretest.ServerFault
	left int // how often it will still act, if Times is not 0
}

// Inject adds a fault.
func (s *Server) Inject(f azuretest.ServerFault) (remove func()) {
	switch {
	case !slices.Contains(commonFaults, f.Kind) && !slices.Contains(s.config.Faults, f.Kind):
		panic(fmt.Sprintf("azuretest: %s has no fault %q", s.config.Engine, f.Kind))
	case f.Kind == azuretest.Refuse && !s.config.IsError(f.Err):
		panic(fmt.Sprintf("azuretest: Err of fault %q is a %T, which is not an error of %s", f.Kind, f.Err, s.config.Engine))
	}
	l := &s.faults
	entry := &activeFault{ServerFault: f, left: f.Times}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active = append(l.active, entry)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.drop(entry)
	}
}

func (l *faults) drop(entry *activeFault) {
	l.active = slices.DeleteFunc(l.active, func(e *activeFault) bool { return e == entry })
}

func (l *faults) take(kinds ...azuretest.ServerFaultKind) azuretest.ServerFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.active {
		if !slices.Contains(kinds, e.Kind) {
			continue
		}
		if e.Times > 0 {
			if e.left--; e.left == 0 {
				l.drop(e)
			}
		}
		return e.ServerFault
	}
	return azuretest.ServerFault{}
}
