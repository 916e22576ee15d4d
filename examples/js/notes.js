// Maps a file with the bindings that jco makes of the WIT, puts its first line in
// capitals, and tries to map a file that was not granted.

import { fileMap, Mapping } from "mem:mmap/mapping@0.1.0";
import { getArguments } from "wasi:cli/environment@0.2.10";

const mapWhole = (path) => fileMap(path, { access: "read-write", flags: {}, offset: 0n });

function shout(path) {
  const mapping = mapWhole(path);
  const bytes = mapping.read(0n, mapping.size());
  const end = bytes.indexOf("\n".charCodeAt(0));
  const line = new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
  console.log(`${mapping.size()} bytes, which start with ${line}`);
  mapping.write(0n, new TextEncoder().encode(line.toUpperCase()));
  mapping.flush(undefined, "synchronous");
  console.log(`written to the disk: ${line.toUpperCase()}`);
  Mapping.unmap(mapping);
}

export const run = {
  run() {
    const [, path] = getArguments();
    try {
      shout(path);
    } catch (error) {
      console.error(`notes: ${path}: ${error.payload}`);
      throw error;
    }
    try {
      mapWhole("/etc/passwd");
    } catch (error) {
      console.log(`/etc/passwd: ${error.payload}`);
    }
  },
};
