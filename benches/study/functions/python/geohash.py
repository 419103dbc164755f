"""Geohashes of points, and the cells around a point."""

ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
CELL_LENGTH = 5
# The 25 bits of a cell: 12 of the latitude, 13 of the longitude.
CELL_HEIGHT = 180 / 4096
CELL_WIDTH = 360 / 8192


def encode(latitude, longitude, length):
    south, north, west, east = -90.0, 90.0, -180.0, 180.0
    is_longitude = True
    hash = ""
    while len(hash) < length:
        index = 0
        for _ in range(5):
            index *= 2
            if is_longitude:
                middle = (west + east) / 2
                if longitude >= middle:
                    index += 1
                    west = middle
                else:
                    east = middle
            else:
                middle = (south + north) / 2
                if latitude >= middle:
                    index += 1
                    south = middle
                else:
                    north = middle
            is_longitude = not is_longitude
        hash += ALPHABET[index]
    return hash


def cells_around(latitude, longitude):
    return [
        encode(latitude + row * CELL_HEIGHT, longitude + column * CELL_WIDTH, CELL_LENGTH)
        for row in (-1, 0, 1)
        for column in (-1, 0, 1)
    ]
