# A small town to look around in. Running it again adds nothing. Everyone's password is "password".
posts = {
  "Ada Lovelace" => [ "The Analytical Engine weaves algebraical patterns.", "Note G is done. Bernoulli would be pleased." ],
  "Grace Hopper" => [ "Found the bug. It was a moth.", "A ship in port is safe, but that is not what ships are built for." ],
  "Alan Turing" => [ "Can machines think? Mine can at least halt. Sometimes.", "Ran all the way to London today." ],
  "Edsger Dijkstra" => [ "The shortest path home led past the café.", "Testing shows the presence of bugs, not their absence." ],
  "Margaret Hamilton" => [ "1202 alarm. We are go.", "The printout is as tall as I am now." ],
  "Dennis Ritchie" => [ "hello, world" ]
}

users = posts.map.with_index do |(name, contents), index|
  email = "#{name.split.first.downcase}@example.com"
  user = User.create_with(name:, password: "password").find_or_create_by!(email:)
  contents.each.with_index do |content, day|
    user.microposts.create_with(created_at: day.days.ago - index.hours).find_or_create_by!(content:)
  end
  user
end

users.each_with_index do |user, index|
  user.follow(users[(index + 1) % users.size])
  user.follow(users[(index + 2) % users.size])
end

puts "Seeded: #{User.count} users, #{Micropost.count} microposts, #{Relationship.count} relationships."
