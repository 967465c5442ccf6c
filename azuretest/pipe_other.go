//go:build !unix

package azuretest

import "errors"

func makePipe(string) error { return errors.ErrUnsupported }

func writePipe(string, string) error { return errors.ErrUnsupported }
