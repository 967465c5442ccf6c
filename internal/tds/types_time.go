package tds

import (
	"encoding/binary"
	"math"
	"time"
)

const (
	day            = 24 * time.Hour
	ticksPerSecond = 300 // of datetime, in a second
)

// The days that dates and the old times count from (MS-TDS 2.2.5.5.1.8). Times
// without a zone are UTC here.
var (
	firstDate = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	oldDate   = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
)

// timeLength is the number of bytes of a time of day with that many digits of a
// second.
func timeLength(scale uint8) int {
	switch {
	case scale <= 2:
		return 3
	case scale <= 4:
		return 4
	}
	return 5
}

// timeUnit is what the last of that many digits of a second stands for.
func timeUnit(scale uint8) time.Duration {
	unit := time.Second
	for range scale {
		unit /= 10
	}
	return unit
}

// encodeTime writes dates and times. All but datetimeoffset have no zone: they
// are what the clock shows in the value's own.
func (t WireType) encodeTime(moment time.Time) ([]byte, error) {
	_, offset := moment.Zone()
	if t.family == familyDateTimeOffset {
		moment = moment.UTC()
	} else {
		moment = time.Date(moment.Year(), moment.Month(), moment.Day(),
			moment.Hour(), moment.Minute(), moment.Second(), moment.Nanosecond(), time.UTC)
	}
	if t.family == familyDateTime {
		return t.encodeDateTime(moment)
	}
	unit := timeUnit(t.scale)
	if t.family != familyDate {
		moment = moment.Round(unit)
	}
	if t.family != familyTime && (moment.Year() < 1 || moment.Year() > 9999) {
		return nil, t.outOfRange()
	}
	var value []byte
	if t.family != familyDate {
		clock := uint64(sinceMidnight(moment) / unit)
		value = binary.LittleEndian.AppendUint64(value, clock)[:timeLength(t.scale)]
	}
	if t.family != familyTime {
		day := daysSince(firstDate, moment)
		value = append(value, byte(day), byte(day>>8), byte(day>>16))
	}
	if t.family == familyDateTimeOffset {
		value = binary.LittleEndian.AppendUint16(value, uint16(int16(offset/60)))
	}
	return value, nil
}

func sinceMidnight(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

// encodeDateTime writes datetime, whose last digit is a 300th of a second, and
// smalldatetime, which has minutes.
func (t WireType) encodeDateTime(moment time.Time) ([]byte, error) {
	first, last := 1753, 9999
	if t.size == 4 {
		first, last = 1900, 2079
	}
	if moment.Year() < first || moment.Year() > last {
		return nil, t.outOfRange()
	}
	clock := sinceMidnight(moment)
	if t.size == 4 {
		minutes, perDay := int64((clock+time.Minute/2)/time.Minute), int64(day/time.Minute)
		days := daysSince(oldDate, moment) + minutes/perDay
		if days > math.MaxUint16 {
			return nil, t.outOfRange()
		}
		value := binary.LittleEndian.AppendUint16(nil, uint16(days))
		return binary.LittleEndian.AppendUint16(value, uint16(minutes%perDay)), nil
	}
	fraction := (int64(clock%time.Second)*ticksPerSecond + int64(time.Second)/2) / int64(time.Second)
	ticks, perDay := int64(clock/time.Second)*ticksPerSecond+fraction, int64(ticksPerSecond*86400)
	days := daysSince(oldDate, moment) + ticks/perDay
	value := binary.LittleEndian.AppendUint32(nil, uint32(int32(days)))
	return binary.LittleEndian.AppendUint32(value, uint32(ticks%perDay)), nil
}

// daysSince counts the days from first, which is midnight, to the day of t. Both
// are in UTC.
func daysSince(first, t time.Time) int64 {
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (midnight.Unix() - first.Unix()) / 86400
}

// time reads dates and times.
func (r *reader) time(t WireType, data []byte) time.Time {
	if t.family == familyDateTime {
		return r.dateTime(data)
	}
	if len(data) != t.size {
		r.check(false, "length of a date or time")
		return time.Time{}
	}
	var clock time.Duration
	if t.family != familyDate {
		n := timeLength(t.scale)
		units := binary.LittleEndian.Uint64(append(data[:n:n], make([]byte, 8-n)...))
		r.check(units < uint64(day/timeUnit(t.scale)), "time of day")
		clock, data = time.Duration(units)*timeUnit(t.scale), data[n:]
	}
	days := 0
	if t.family != familyTime {
		days = int(data[0]) | int(data[1])<<8 | int(data[2])<<16
		data = data[3:]
	}
	moment := firstDate.AddDate(0, 0, days).Add(clock)
	r.check(moment.Year() <= 9999, "date")
	if t.family == familyDateTimeOffset {
		minutes := int(int16(binary.LittleEndian.Uint16(data)))
		r.check(-14*60 <= minutes && minutes <= 14*60, "offset from UTC")
		moment = moment.In(time.FixedZone("", minutes*60))
	}
	return moment
}

// dateTime reads datetime and smalldatetime.
func (r *reader) dateTime(data []byte) time.Time {
	switch len(data) {
	case 4:
		days, minutes := binary.LittleEndian.Uint16(data), binary.LittleEndian.Uint16(data[2:])
		r.check(minutes < 24*60, "time of day")
		return oldDate.AddDate(0, 0, int(days)).Add(time.Duration(minutes) * time.Minute)
	case 8:
		days, ticks := int32(binary.LittleEndian.Uint32(data)), binary.LittleEndian.Uint32(data[4:])
		r.check(ticks < ticksPerSecond*86400 && -53690 <= days && days <= 2958463, "datetime")
		clock := time.Duration(ticks) * time.Second / ticksPerSecond
		return oldDate.AddDate(0, 0, int(days)).Add(clock.Round(time.Millisecond))
	}
	r.check(false, "length of a datetime")
	return time.Time{}
}
