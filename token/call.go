package token

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// call runs the FetchFunc and turns a panic into an error: those who wait must
// be told, and a credential's bug must not end the program.
func (c *Cache) call(ctx context.Context, fresh bool) (token azcore.AccessToken, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return c.fetch(ctx, fresh)
}

// panicked describes a panic without its value, which may hold a secret. The
// texts of runtime errors are the language's own and safe.
func panicked(p any) error {
	where := panicSite()
	if err, ok := p.(runtime.Error); ok {
		return fmt.Errorf("the credential panicked in %s: %w", where, err)
	}
	return fmt.Errorf("the credential panicked in %s with a value of type %T", where, p)
}

// panicSite names the function that raised the panic being recovered.
func panicSite() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for raised := false; ; {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if raised && !inRuntime {
			return fmt.Sprintf("%s (%s:%d)", frame.Function, filepath.Base(frame.File), frame.Line)
		}
		raised = raised || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown function"
		}
	}
}
