// Package neterr tells apart errors of the network and of TLS, and says what to
// do about them.
package neterr

import (
	"errors"
	"syscall"
)

// windowsRefused is WSAECONNREFUSED, which package syscall does not know by its
// portable name.
const windowsRefused = syscall.Errno(10061)

// Refused reports whether nobody listened at the address that was dialled.
func Refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, windowsRefused)
}
