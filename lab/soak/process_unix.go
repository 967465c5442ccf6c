//go:build unix

package main

import "syscall"

func (p process) pause() error { return p.Process.Signal(syscall.SIGSTOP) }

func (p process) resume() error { return p.Process.Signal(syscall.SIGCONT) }
