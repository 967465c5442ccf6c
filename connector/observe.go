package connector

import (
	"context"
	"errors"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/observe"
)

// LoginEnded counts a login in the metrics, for drivers that log in without
// [Handle.Connect]: when it began, how it ended, and what its error, if any, means.
func (h *Handle) LoginEnded(ctx context.Context, began time.Time, err error, c Classification) {
	if !observe.Active() {
		return
	}
	outcome := observe.Failed
	if c.Refused {
		outcome = observe.Refused
	}
	anchor := c.Anchor
	if failed, ok := errors.AsType[*passwordless.LoginError](err); ok {
		anchor = failed.Anchor // which may know more, and wrap a TokenError
	} else if failed, ok := errors.AsType[*passwordless.TokenError](err); ok {
		outcome, anchor = observe.NoToken, failed.Anchor
	}
	h.emit(ctx, observe.Login, began, outcome, anchor, err)
}

// tokenArrived tells how long a login took to get its token, if it is known when that began.
func (h *Handle) tokenArrived(ctx context.Context, began time.Time, err error) {
	if !began.IsZero() {
		h.emit(ctx, observe.TokenWait, began, observe.Failed, "", err)
	}
}

// emit tells of what ended with that outcome, unless err is nil: then it went well.
func (h *Handle) emit(ctx context.Context, kind observe.Kind, began time.Time, outcome, anchor string, err error) {
	e := observe.Event{
		Kind: kind, Outcome: observe.OK,
		Engine: h.plan.Config.Engine, Host: h.plan.Config.Hosts[0], Identity: h.identityNow().Kind,
	}
	if err != nil {
		e.Outcome, e.ErrorType = outcome, observe.ErrorType(err, anchor)
	}
	observe.Emit(ctx, e.Since(began))
}
