# docker build -t cloud4bert .
# docker run --rm -i cloud4bert classify --input - < posts.csv
FROM swift:6.2-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends binutils libcurl4-openssl-dev libopenblas-dev liblapacke-dev libzstd-dev pkg-config python3 zlib1g-dev
WORKDIR /source
COPY . .
RUN Scripts/install --prefix /opt/cloud4bert

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libcurl4 liblapacke libopenblas0-pthread libzstd1 zlib1g && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/cloud4bert /usr/local
RUN useradd --create-home cloud4bert
USER cloud4bert
WORKDIR /home/cloud4bert
ENTRYPOINT ["cloud4bert"]
