# The engine as an image: its sources, run by Node itself. Nothing is compiled.
FROM node:24-slim

WORKDIR /opt/wharfinger
COPY package.json package-lock.json .npmrc ./
# The image's own Node is the right one, so the one that is pinned through npm stays out; ssh2 does without its optional native parts.
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force
COPY bin ./bin
COPY src ./src
COPY LICENSE ./
RUN ln -s /opt/wharfinger/bin/wharf /usr/local/bin/wharf

ENV NODE_ENV=production
# The log, its keys and the token: what must outlive the container. `docker exec … wharf app list` finds the engine by it, too.
ENV WHARF_DATA_DIR=/var/lib/wharfinger
VOLUME /var/lib/wharfinger
# Root, because whoever may use Docker's socket is root anyway, and native processes may ask for users of their own.
ENTRYPOINT ["wharf"]
CMD ["serve"]
