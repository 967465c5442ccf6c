package host

import (
	"fmt"
	"net/http"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/gate"
)

// Switch is something that a person can break.
type Switch struct {
	ID, Title, Effect string
	Once              bool // it happens when it is turned on, and is not on afterwards
	On                bool

	turn func(*Host) (off func() error, err error)
}

var allSwitches = []Switch{
	{ID: "expire", Title: "Expire all tokens", Once: true, Effect: "Tokens given so far are refused as expired. A program that keeps one fails until it asks for another.", turn: func(h *Host) (func() error, error) {
		h.Cloud.ExpireTokens()
		return nil, nil
	}},
	{ID: "cut", Title: "Cut all connections", Once: true, Effect: "Ends every connection to the databases, as a failover does.", turn: func(h *Host) (func() error, error) {
		h.eachGate((*gate.Gate).Cut)
		return nil, nil
	}},
	{ID: "down", Title: "Identity endpoints down", Effect: "Connections to the identity endpoint are refused; Entra and az do not answer.", turn: func(h *Host) (func() error, error) {
		remove := h.Cloud.Inject(azuretest.Fault{CloseConn: true})
		restart, err := h.Cloud.StopIdentityEndpoint()
		return func() error { remove(); return restart() }, err
	}},
	{ID: "throttle", Title: "Too many token requests", Effect: "Every token request is answered 429 with Retry-After: 2.", turn: inject(azuretest.Fault{
		Status: http.StatusTooManyRequests, RetryAfter: 2 * time.Second})},
	{ID: "slow-tokens", Title: "Slow token requests", Effect: "Every token request takes 5 seconds.", turn: inject(azuretest.Fault{Delay: 5 * time.Second})},
	{ID: "firewall", Title: "Firewall", Effect: "New connections to the databases get no answer until it is off, and are listed as refused. Open ones stay.", turn: gates((*gate.Gate).SetFirewall)},
	{ID: "slow-network", Title: "Slow network", Effect: "New connections to the databases take 3 seconds more.", turn: gates((*gate.Gate).SetSlow)},
}

func inject(f azuretest.Fault) func(*Host) (func() error, error) {
	return func(h *Host) (func() error, error) {
		remove := h.Cloud.Inject(f)
		return func() error { remove(); return nil }, nil
	}
}

func gates(set func(*gate.Gate, bool)) func(*Host) (func() error, error) {
	return func(h *Host) (func() error, error) {
		h.eachGate(func(g *gate.Gate) { set(g, true) })
		return func() error { h.eachGate(func(g *gate.Gate) { set(g, false) }); return nil }, nil
	}
}

func (h *Host) eachGate(do func(*gate.Gate)) {
	for _, d := range h.Databases {
		do(d.gate)
	}
}

// Switches returns what can be broken, and what is.
func (h *Host) Switches() []Switch {
	h.mu.Lock()
	defer h.mu.Unlock()
	switches := make([]Switch, len(allSwitches))
	for i, s := range allSwitches {
		_, s.On = h.switches[s.ID]
		switches[i] = s
	}
	return switches
}

// Turn turns a switch on or off. Turning one where it is already does nothing.
func (h *Host) Turn(id string, on bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	off, isOn := h.switches[id]
	for _, s := range allSwitches {
		switch {
		case s.ID != id:
			continue
		case on && !isOn:
			off, err := s.turn(h)
			if err == nil && !s.Once {
				h.switches[id] = off
			}
			return err
		case !on && isOn:
			delete(h.switches, id)
			return off()
		}
		return nil
	}
	return fmt.Errorf("there is no switch %q", id)
}
