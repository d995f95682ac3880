/**
 * The app under test: says which release answers, and writes the id of each POST that it serves on a line of the file COUNTED. At SIGTERM it
 * takes no more connections, finishes what it has, and ends.
 */
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';

const { PORT0, RELEASE, COUNTED } = process.env;
// One write of O_APPEND for each line: no other instance writes within it.
const counted = openSync(COUNTED, 'a');

const server = createServer((request, response) => {
  const answer = () => {
    if (request.method === 'POST') writeSync(counted, `${request.headers['x-id']} ${RELEASE}\n`);
    response.setHeader('content-length', RELEASE.length);
    response.end(RELEASE);
  };
  if (request.method === 'GET') answer();
  else request.on('end', answer).resume();
});
server.listen(Number(PORT0));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
