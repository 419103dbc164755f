// Geohashes of points, and the cells around a point.

const ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz";
export const CELL_LENGTH = 5;
// The 25 bits of a cell: 12 of the latitude, 13 of the longitude.
const CELL_HEIGHT = 180 / 4096;
const CELL_WIDTH = 360 / 8192;

export function encode(latitude, longitude, length) {
  let [south, north, west, east] = [-90, 90, -180, 180];
  let isLongitude = true;
  let hash = "";
  while (hash.length < length) {
    let index = 0;
    for (let bit = 0; bit < 5; bit++) {
      index *= 2;
      if (isLongitude) {
        const middle = (west + east) / 2;
        if (longitude >= middle) {
          index += 1;
          west = middle;
        } else {
          east = middle;
        }
      } else {
        const middle = (south + north) / 2;
        if (latitude >= middle) {
          index += 1;
          south = middle;
        } else {
          north = middle;
        }
      }
      isLongitude = !isLongitude;
    }
    hash += ALPHABET[index];
  }
  return hash;
}

export function cellsAround(latitude, longitude) {
  const cells = [];
  for (const row of [-1, 0, 1]) {
    for (const column of [-1, 0, 1]) {
      cells.push(encode(latitude + row * CELL_HEIGHT, longitude + column * CELL_WIDTH, CELL_LENGTH));
    }
  }
  return cells;
}
