package frontend

import (
	"errors"
	"fmt"
	"github.com/azuredb/passwordless/azuretest"
	"slices"
	"sync"
)

// commonFaults are the kinds that every front end knows.
var commonFaults = []azuretest.ServerFaultKind{
	"", azuretest.NoTLS, azuretest.Plaintext, azuretest.SelfSigned, azuretest.WrongName, azuretest.ExpiredCertificate, azuretest.Silent, azuretest.Slow, azuretest.CloseAfterToken, azuretest.HalfPacket, azuretest.Refuse, azuretest.ExpiredToken,
}

// faultList are the faults in force.
type faultList struct {
	Engine  string
	Own     []azuretest.ServerFaultKind // that the engine knows in addition to the common ones
	Refuses func(err error) bool        // whether err is an error of the engine

	mu     sync.Mutex
	active []*activeServerFault
}

type activeServerFault struct {
	azuretest.ServerFault
	left int // how often it will still act, if Times is not 0
}

func (l *faultList) add(f azuretest.ServerFault) (remove func()) {
	switch {
	case !slices.Contains(commonFaults, f.Kind) && !slices.Contains(l.Own, f.Kind):
		panic(fmt.Sprintf("azuretest: %s has no fault %q", l.Engine, f.Kind))
	case f.Kind == azuretest.Refuse && !l.Refuses(f.Err):
		panic(fmt.Sprintf("azuretest: Err of fault %q is a %T, which is not an error of %s", f.Kind, f.Err, l.Engine))
	}
	entry := &activeServerFault{ServerFault: f, left: f.Times}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active = append(l.active, entry)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.drop(entry)
	}
}

func (l *faultList) drop(entry *activeServerFault) {
	l.active = slices.DeleteFunc(l.active, func(e *activeServerFault) bool { return e == entry })
}

// Take returns the first fault of one of the kinds and counts it; the zero fault
// if there is none.
func (l *faultList) Take(kinds ...azuretest.ServerFaultKind) azuretest.ServerFault {
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

// Meets counts and reports a fault of the kind.
func (l *faultList) Meets(kind azuretest.ServerFaultKind) bool { return l.Take(kind).Kind == kind }

// IsError tells whether err is or wraps an E.
func IsError[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
