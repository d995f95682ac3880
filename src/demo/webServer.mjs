/**
 * The app of the demo: says which release and which task answered, after a little work, so that there is always something in flight.
 * At SIGTERM it takes no more and finishes what it has.
 */
import { createServer } from 'node:http';

const WORK_MS = 30;
const { PORT0, RELEASE, MESOS_TASK_ID } = process.env;

const server = createServer((_request, response) => {
  setTimeout(() => response.end(`${RELEASE} ${MESOS_TASK_ID}\n`), WORK_MS);
});
server.listen(Number(PORT0), () => console.log(`release ${RELEASE} listens on ${PORT0}`));
process.on('SIGTERM', () => {
  console.log('asked to stop: finishes what it has');
  server.close(() => process.exit(0));
});
