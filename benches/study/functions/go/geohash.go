package main

const alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"
const cellLength = 5

// The 25 bits of a cell: 12 of the latitude, 13 of the longitude.
const cellHeight = 180.0 / 4096
const cellWidth = 360.0 / 8192

// encode returns the geohash of a point.
func encode(latitude, longitude float64, length int) string {
	south, north, west, east := -90.0, 90.0, -180.0, 180.0
	isLongitude := true
	hash := make([]byte, 0, length)
	for len(hash) < length {
		index := 0
		for range 5 {
			value, low, high := latitude, &south, &north
			if isLongitude {
				value, low, high = longitude, &west, &east
			}
			middle := (*low + *high) / 2
			index *= 2
			if value >= middle {
				index++
				*low = middle
			} else {
				*high = middle
			}
			isLongitude = !isLongitude
		}
		hash = append(hash, alphabet[index])
	}
	return string(hash)
}

// cellsAround returns the cell of a point and the eight cells around it.
func cellsAround(latitude, longitude float64) []string {
	var cells []string
	for _, row := range []float64{-1, 0, 1} {
		for _, column := range []float64{-1, 0, 1} {
			cells = append(cells, encode(latitude+row*cellHeight, longitude+column*cellWidth, cellLength))
		}
	}
	return cells
}
